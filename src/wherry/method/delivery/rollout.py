"""How far a rollout is, and why it does not go on: read from the objects' own status."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from wherry.api.core.pod import Pod
from wherry.api.core.pod_status import ContainerStatus
from wherry.apimachinery.document import Document
from wherry.method.delivery.documents import entries, text
from wherry.method.delivery.served_kinds import Anything

RESTARTS_MAX = 3
"""A program that has ended so often right after its start does not mend by waiting."""
NO_IMAGE = "its image cannot be had"
_NEVER_MENDS = {
    "ErrImageNeverPull": "its image is not on the node",
    "ErrImagePull": NO_IMAGE,
    "ImagePullBackOff": NO_IMAGE,
    "InvalidImageName": "its image has a name that is none",
    "CreateContainerConfigError": "its configuration is not complete",
    "CreateContainerError": "its container cannot be made",
    "RunContainerError": "its program cannot be started",
}
_PASSES = re.compile(
    r"\b429 Too Many|toomanyrequests|unexpected status.*: 5\d\d\b|\b50[0-4] [A-Z]|i/o timeout|handshake timeout"
    r"|deadline exceeded|connection reset|unexpected EOF"
    # Before 1.32 a back-off did not say its cause; the next attempt will.
    r"|\(Back-off pulling image \"[^\"]*\"\)$",
    re.IGNORECASE | re.DOTALL,
)
"""How nodes say that a registry was busy or ill (containerd's and CRI-O's texts): the next attempt may succeed."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one object's pods are; `failure` is set when waiting is of no use."""

    is_done: bool
    words: str
    failure: str = ""


@dataclass(frozen=True, slots=True)
class PodTrouble:
    """A pod that is not ready, and why in words."""

    pod: str
    container: str
    why: str
    has_log: bool

    @property
    def lacks_image(self) -> bool:
        """Whether its node cannot get an image from its registry."""
        return self.why.startswith(NO_IMAGE)

    @property
    def passes(self) -> bool:
        """Whether the node's next attempt may succeed: its registry was busy, or did not answer in time."""
        return self.lacks_image and _PASSES.search(self.why) is not None


def rollout_of(kind: str, thing: Anything) -> Progress:
    """How far an object is. Kinds without pods that last (Jobs, CronJobs) are done when they are there."""
    judge = _JUDGES.get(kind)
    if judge is None:
        return Progress(True, f"{kind} {thing.metadata.name} is there")
    if _number(thing.status, "observedGeneration") < thing.metadata.generation:
        # Its controller has not seen the change yet.
        return Progress(False, "")
    return judge(thing)


def _deployment(thing: Anything) -> Progress:
    name, status = thing.metadata.name, thing.status
    wanted = _number(thing.spec, "replicas", 1)
    updated, available = _number(status, "updatedReplicas"), _number(status, "availableReplicas")
    for condition in entries(status, "conditions"):
        if text(condition, "reason") == "ProgressDeadlineExceeded":
            return Progress(False, "", f"{name} has made no progress for too long")
    if updated < wanted:
        return Progress(False, f"{name}: {updated} of {wanted} new pods are made")
    leaving = _number(status, "replicas") - updated
    if leaving > 0:
        return Progress(False, f"{name}: {leaving} old pod{'s' * (leaving != 1)} still there")
    if available < wanted:
        return Progress(False, f"{name}: {available} of {wanted} pods are ready")
    return Progress(True, f"{name}: {available} of {wanted} pods are ready")


def _stateful_set(thing: Anything) -> Progress:
    name, status, wanted = thing.metadata.name, thing.status, _number(thing.spec, "replicas", 1)
    ready, updated = _number(status, "readyReplicas"), _number(status, "updatedReplicas")
    is_new = text(status, "currentRevision") == text(status, "updateRevision") or updated >= wanted
    return Progress(ready >= wanted and is_new, f"{name}: {ready} of {wanted} pods are ready")


def _daemon_set(thing: Anything) -> Progress:
    status, wanted = thing.status, _number(thing.status, "desiredNumberScheduled")
    ready = min(_number(status, "updatedNumberScheduled"), _number(status, "numberAvailable"))
    return Progress(ready >= wanted, f"{thing.metadata.name}: {ready} of {wanted} pods are ready")


_JUDGES: Mapping[str, Callable[[Anything], Progress]] = {
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
}
LASTING_KINDS = frozenset(_JUDGES)


def _number(values: Document, key: str, default: int = 0) -> int:
    found = values.get(key)
    return found if isinstance(found, int) else default


def find_trouble(pods: Iterable[Pod]) -> PodTrouble | None:
    """What keeps a pod from becoming ready: what does not mend by waiting goes before what may."""
    return _worst(trouble for trouble in map(pod_trouble, pods) if trouble is not None)


def pod_trouble(pod: Pod) -> PodTrouble | None:
    """What keeps a pod from becoming ready; None while nothing does."""
    if pod.metadata.deletion_timestamp:
        return None
    troubles = list[PodTrouble]()
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        why = _container_trouble(status)
        if why:
            troubles.append(PodTrouble(pod.metadata.name, status.name, why, status.restart_count > 0))
    return _worst(troubles)


def _worst(troubles: Iterable[PodTrouble]) -> PodTrouble | None:
    return min(troubles, key=lambda trouble: trouble.passes, default=None)


def slow_pod(pods: Iterable[Pod]) -> PodTrouble | None:
    """A pod that is not ready yet, for whoever has waited long enough."""
    known = list(pods)
    trouble = find_trouble(known)
    if trouble is not None:
        return trouble
    for pod in known:
        if pod.metadata.deletion_timestamp:
            continue
        for condition in pod.status.conditions:
            if condition.type == "PodScheduled" and condition.status == "False":
                return PodTrouble(pod.metadata.name, "", f"it waits for a node: {condition.message}", False)
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
            if not status.ready:
                return PodTrouble(pod.metadata.name, status.name, _slow_words(status), True)
    return None


def _slow_words(status: ContainerStatus) -> str:
    state = status.state
    if state is not None and state.running is not None:
        return f"{status.name} runs and does not say that it is ready (its readiness probe fails)"
    reason = state.waiting.reason if state is not None and state.waiting is not None else ""
    return f"{status.name} does not run{f' ({reason})' if reason else ''}"


def _container_trouble(status: ContainerStatus) -> str:
    waiting = status.state.waiting if status.state is not None else None
    if waiting is not None and waiting.reason in _NEVER_MENDS:
        return f"{_NEVER_MENDS[waiting.reason]} ({waiting.message or waiting.reason})"
    ended = status.last_state.terminated if status.last_state is not None else None
    if ended is not None and status.restart_count >= RESTARTS_MAX and not status.ready:
        return f"its program stops right after it starts (exit code {ended.exit_code}, {status.restart_count} times)"
    return ""

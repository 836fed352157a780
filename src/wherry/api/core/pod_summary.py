"""One line about a pod, as `kubectl get pods` prints it: how many are ready, what it does, how often it restarted.

Source: kubernetes pkg/printers/internalversion, printPod.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from wherry.api.core.pod_spec import PodSpec
from wherry.api.core.pod_status import ContainerStateTerminated, ContainerStatus, PodStatus
from wherry.apimachinery.meta import ObjectMeta


class PodLike(Protocol):
    """The three parts of a pod."""

    @property
    def metadata(self) -> ObjectMeta:
        """Name and life cycle."""

    @property
    def spec(self) -> PodSpec:
        """What it shall be."""

    @property
    def status(self) -> PodStatus:
        """What it is."""


@dataclass(frozen=True, slots=True)
class PodSummary:
    """`last_restart` is when the last container that was started again had ended (RFC 3339, or "")."""

    ready: int
    total: int
    status: str
    restarts: int
    last_restart: str


def summarize(pod: PodLike) -> PodSummary:
    """Sum a pod up."""
    sidecars = {container.name for container in pod.spec.init_containers if container.restart_policy == "Always"}
    init_word, ready = _init_word(pod, sidecars)
    status = init_word or pod.status.reason or pod.status.phase
    counted: Iterable[ContainerStatus] = pod.status.init_container_statuses
    if not init_word or _is_true(pod.status, "Initialized"):
        running_sidecars = [one for one in pod.status.init_container_statuses if one.name in sidecars]
        counted = (*running_sidecars, *pod.status.container_statuses)
        status, ready_containers = _containers_word(pod.status, status)
        ready += ready_containers
    statuses = tuple(counted)
    return PodSummary(
        ready=ready,
        total=len(pod.spec.containers) + len(sidecars),
        status=_deletion_word(pod, status),
        restarts=sum(one.restart_count for one in statuses),
        last_restart=max((_ended_at(one) for one in statuses), default=""),
    )


def _deletion_word(pod: PodLike, status: str) -> str:
    if not pod.metadata.is_being_deleted:
        return status
    if pod.status.reason == "NodeLost":
        return "Unknown"
    return status if pod.status.phase in ("Succeeded", "Failed") else "Terminating"


def _init_word(pod: PodLike, sidecars: set[str]) -> tuple[str, int]:
    """What the first unfinished init container does ("" when all are done), and how many sidecars are ready."""
    ready = 0
    for position, one in enumerate(pod.status.init_container_statuses):
        terminated = one.state.terminated if one.state else None
        waiting = one.state.waiting if one.state else None
        if terminated and terminated.exit_code == 0:
            continue
        if one.name in sidecars and one.started:
            ready += one.ready
            continue
        if terminated:
            return f"Init:{_terminated_word(terminated)}", ready
        if waiting and waiting.reason not in ("", "PodInitializing"):
            return f"Init:{waiting.reason}", ready
        return f"Init:{position}/{len(pod.spec.init_containers)}", ready
    return "", ready


def _containers_word(status: PodStatus, word: str) -> tuple[str, int]:
    """What the containers do (the first one that has something to say wins), and how many are ready."""
    ready = 0
    has_running = False
    for one in reversed(status.container_statuses):
        state = one.state
        if state and state.waiting and state.waiting.reason:
            word = state.waiting.reason
        elif state and state.terminated:
            word = _terminated_word(state.terminated)
        elif state and state.running and one.ready:
            has_running = True
            ready += 1
    if word == "Completed" and has_running:
        word = "Running" if _is_true(status, "Ready") else "NotReady"
    return word, ready


def _terminated_word(terminated: ContainerStateTerminated) -> str:
    if terminated.reason:
        return terminated.reason
    return f"Signal:{terminated.signal}" if terminated.signal else f"ExitCode:{terminated.exit_code}"


def _ended_at(status: ContainerStatus) -> str:
    last = status.last_state
    return last.terminated.finished_at if last and last.terminated else ""


def _is_true(status: PodStatus, condition_type: str) -> bool:
    return any(one.type == condition_type and one.status == "True" for one in status.conditions)

"""How a pod is, as one of six words: the same on every screen, in every sentence and in JSON.

    ● Running   it works and gets requests          ✕ Failed    it does not do what it should
    ◐ Starting  it is on its way, or not ready      ◔ Stopping  it has been told to stop
    ◌ Waiting   it has no node yet                  ✓ Done      it has finished its work

Pure: reads no clock, calls no API. A state always comes with its reason, except for Running and Done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wherry.api.core.pod import ContainerStatus, Pod
from wherry.narrate.state_words import SYMBOLS, Word
from wherry.narrate.templates import tell

# What a container says while everything goes as it should.
ON_ITS_WAY = frozenset({"", "ContainerCreating", "PodInitializing"})

WAITING_REASONS: Mapping[str, str] = {
    "CrashLoopBackOff": "state.crash-loop",
    "ErrImagePull": "state.no-image",
    "ImagePullBackOff": "state.no-image",
    "ErrImageNeverPull": "state.no-image",
    "InvalidImageName": "state.bad-image-name",
    "CreateContainerConfigError": "state.missing-config",
    "CreateContainerError": "state.cannot-start",
    "RunContainerError": "state.cannot-start",
    "StartError": "state.cannot-start",
}


@dataclass(frozen=True, slots=True)
class State:
    """One word, its reason in words ("" when nothing needs to be said), and whether a person should look."""

    word: Word
    reason: str = ""
    needs_help: bool = False

    @property
    def symbol(self) -> str:
        """The sign that stands for the word."""
        return SYMBOLS[self.word]


def pod_state(pod: Pod) -> State:
    """How a pod is."""
    status = pod.status
    if pod.metadata.is_being_deleted:
        return State("Stopping", tell("state.stopping"))
    if status.phase == "Succeeded":
        return State("Done")
    if status.phase == "Failed":
        return State("Failed", _ended_reason(pod), needs_help=True)
    if not pod.spec.node_name:
        return _without_node(pod)
    for one in (*status.init_container_statuses, *status.container_statuses):
        if reason := trouble_of(one):
            return State("Failed", reason, needs_help=True)
    if status.phase != "Running":
        return State("Starting", _starting_reason(status.container_statuses))
    return _running(pod)


def trouble_of(status: ContainerStatus) -> str:
    """What keeps a container from running, in words; "" when nothing does."""
    state = status.state
    if state is None:
        return ""
    if state.waiting is not None and state.waiting.reason not in ON_ITS_WAY:
        known = WAITING_REASONS.get(state.waiting.reason)
        ended = status.last_state.terminated if status.last_state else None
        if known is None:
            return tell("state.other", container=status.name, reason=state.waiting.reason)
        if ended is not None and ended.reason == "OOMKilled":
            return tell("state.out-of-memory", container=status.name)
        code = f" (exit code {ended.exit_code})" if ended is not None else ""
        return tell(known, container=status.name, image=status.image, code=code)
    if state.terminated is not None and state.terminated.exit_code != 0:
        if state.terminated.reason == "OOMKilled":
            return tell("state.out-of-memory", container=status.name)
        return tell("state.ended", container=status.name, code=state.terminated.exit_code)
    return ""


def container_word(status: ContainerStatus | None) -> Word:
    """How one container is, by the same six words."""
    state = status.state if status is not None else None
    if status is None or state is None:
        return "Waiting"
    if trouble_of(status):
        return "Failed"
    if state.terminated is not None:
        return "Done"
    if state.running is not None:
        return "Running" if status.ready else "Starting"
    return "Starting"


def guest_word(status: ContainerStatus | None) -> Word:
    """How an ephemeral container is: it is never ready, and with which code somebody has left it is no trouble."""
    state = status.state if status is not None else None
    if state is not None and state.running is not None:
        return "Running"
    return "Done" if state is not None and state.terminated is not None else container_word(status)


def _without_node(pod: Pod) -> State:
    condition = next((one for one in pod.status.conditions if one.type == "PodScheduled"), None)
    if pod.spec.scheduling_gates:
        return State("Waiting", tell("state.gated"))
    if condition is not None and condition.status == "False" and condition.reason == "Unschedulable":
        return State("Waiting", tell("state.no-node"), needs_help=True)
    return State("Waiting", tell("state.choosing"))


def _ended_reason(pod: Pod) -> str:
    if pod.status.reason:
        return tell("state.ended-by-node", reason=pod.status.reason)
    for one in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        if reason := trouble_of(one):
            return reason
    return tell("state.failed")


def _starting_reason(statuses: Iterable[ContainerStatus]) -> str:
    names = [one.name for one in statuses if one.state is None or one.state.running is None]
    return tell("state.starting", containers=", ".join(names) if names else "its containers")


def _running(pod: Pod) -> State:
    unready = [one.name for one in pod.status.container_statuses if not one.ready]
    if unready:
        return State("Starting", tell("state.not-ready", containers=", ".join(unready)))
    ready = next((one for one in pod.status.conditions if one.type == "Ready"), None)
    if ready is not None and ready.status != "True":
        if pod.spec.readiness_gates:
            return State("Starting", tell("state.gate"))
        # All containers were ready when the node last spoke, and the masters have taken that back.
        return State("Failed", tell("state.node-lost"), needs_help=True)
    return State("Running")

"""Why a node does something to a container, as a clause behind "because": for the Event and the story. Pure."""

from __future__ import annotations

from wherry.agent.container_record import ContainerRecord, Role
from wherry.agent.pod_facts import Ending
from wherry.api.core.pod import Pod

ENDINGS = {
    "deleted": "somebody asked for the pod to be deleted",
    "gone": "the pod is no longer wanted: its object is gone",
    "finished": "the work of the pod is done",
}


def why_started(record: ContainerRecord, pod: Pod) -> str:
    """Why a container is started; "" for a first start that the scheduler's choice has led to."""
    if record.role is Role.EPHEMERAL:
        return "somebody added it to look at the pod from inside"
    last = record.last or record.termination
    if last is None:
        return ""
    policy = "Always" if record.role is Role.SIDECAR else pod.spec.restart_policy or "Always"
    return f"it ended with exit code {last.exit_code}, and its restart policy is {policy}"


def why_pulled(*, is_here: bool) -> str:
    """Why a registry is asked for a container's image."""
    return "its pull policy is Always" if is_here else "the image is not on this machine"


def why_ending(ending: Ending) -> str:
    """Why a pod's containers are stopped."""
    return ENDINGS.get(ending.cause, ending.message or ending.reason)

"""What controllers ask about a pod: is it at work, ready, available?"""

from __future__ import annotations

from wherry.api.core.pod import Pod
from wherry.apimachinery.timestamps import parse_time

FINISHED = ("Succeeded", "Failed")


def is_finished(pod: Pod) -> bool:
    """Whether all its containers have ended for good."""
    return pod.status.phase in FINISHED


def is_active(pod: Pod) -> bool:
    """Whether it runs or will run: neither finished nor asked to go."""
    return not is_finished(pod) and not pod.metadata.is_being_deleted


def is_ready(pod: Pod) -> bool:
    """Whether it can take work."""
    return any(condition.type == "Ready" and condition.status == "True" for condition in pod.status.conditions)


def ready_since_s(pod: Pod) -> float | None:
    """Since when it has been ready (seconds since 1970), or None."""
    for condition in pod.status.conditions:
        if condition.type == "Ready" and condition.status == "True":
            return parse_time(condition.last_transition_time) if condition.last_transition_time else 0.0
    return None


def available_in_s(pod: Pod, min_ready_s: int, now_s: float) -> float | None:
    """In how many seconds it counts as available: 0 for now, None while it is not even ready."""
    since_s = ready_since_s(pod)
    if since_s is None:
        return None
    return max(since_s + min_ready_s - now_s, 0.0) if min_ready_s else 0.0

"""Plays the node in a PlannedWorld: lets pods run, end and go."""

from __future__ import annotations

from suites.planned_world import PlannedWorld
from wherry.api.core.pod import PODS
from wherry.api.documents import find, section, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import format_time


def pods(world: PlannedWorld) -> dict[str, Document]:
    """By name, in order."""
    return {text(one, "metadata", "name"): one for one in sorted(world.of_kind("Pod"), key=_name)}


def run(world: PlannedWorld, name: str, *, ready: bool = True) -> None:
    """The pod's containers start, and it is ready, or not."""
    condition = {
        "type": "Ready",
        "status": "True" if ready else "False",
        "lastTransitionTime": format_time(world.time_s),
    }
    world.patch(PODS, "default", name, {"status": {"phase": "Running", "conditions": [condition]}})


def end(world: PlannedWorld, name: str, *, exit_code: int = 0) -> None:
    """The pod's container ends for good."""
    terminated = {"exitCode": exit_code, "finishedAt": format_time(world.time_s)}
    status = {"name": "c", "ready": False, "restartCount": 0, "image": "i", "imageID": ""}
    phase = "Failed" if exit_code else "Succeeded"
    statuses = [{**status, "state": {"terminated": terminated}}]
    world.patch(PODS, "default", name, {"status": {"phase": phase, "conditions": [], "containerStatuses": statuses}})


def is_going(pod: Document) -> bool:
    """Whether its deletion has been asked for."""
    return bool(find(pod, "metadata", "deletionTimestamp"))


def is_ready(pod: Document) -> bool:
    """Whether it can take work."""
    conditions = section(pod, "status").get("conditions")
    return isinstance(conditions, list) and any(
        one["type"] == "Ready" and one["status"] == "True" for one in conditions
    )


def _name(pod: Document) -> str:
    return text(pod, "metadata", "name")

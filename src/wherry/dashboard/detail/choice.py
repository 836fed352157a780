"""Which container of which pod a page is about: chosen in a form that works without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wherry.dashboard.markup import choice
from wherry.narrate.facts import ContainerFacts, PodFacts

PODS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Chosen:
    """One container, the pod that it is in, and all pods that there were to choose from."""

    pod: PodFacts
    container: ContainerFacts
    pods: Sequence[PodFacts]


def choose(pods: Sequence[PodFacts], asked: Mapping[str, str]) -> Chosen | None:
    """What is asked for, or else the first container of the first pod; None when there is none yet."""
    with_containers = [pod for pod in pods if pod.containers][:PODS_SHOWN]
    if not with_containers:
        return None
    pod = next((one for one in with_containers if one.name == asked.get("pod", "")), with_containers[0])
    mains = [one for one in pod.containers if one.role == "main"] or [*pod.containers]
    container = next((one for one in pod.containers if one.name == asked.get("container", "")), mains[0])
    return Chosen(pod, container, with_containers)


def choices(chosen: Chosen) -> str:
    """The fields of a form that choose another one."""
    pods = [(one.name, f"{one.symbol} {one.name}") for one in chosen.pods]
    containers = [(one.name, f"{one.symbol} {one.name}") for one in chosen.pod.containers]
    shown = choice("pod", "Pod", pods, chosen.pod.name) if len(pods) > 1 else ""
    return shown + choice("container", "Container", containers, chosen.container.name)

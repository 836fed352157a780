"""Which pod, and which container in it, somebody means who wants its log or a shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wherry.cli.look import Look, check_kind, resolve
from wherry.cli.output import note, printable
from wherry.cli.troubles import known

if TYPE_CHECKING:
    from wherry.narrate.facts import PodFacts, Snapshot
    from wherry.narrate.find import Target


def pods_of(snapshot: Snapshot, target: Target) -> Sequence[PodFacts]:
    """The pods that a target means, those that need help first, then those that run."""
    if target.kind == "Pod":
        return [pod for pod in snapshot.pods if (pod.namespace, pod.name) == (target.namespace, target.name)]
    owner = f"{target.kind}/{target.name}".lower()
    here = [pod for pod in snapshot.pods if pod.namespace == target.namespace]
    if target.kind == "Service":
        return [pod for pod in here if pod.app == target.name]
    found = [pod for pod in here if pod.owner.lower() == owner]
    return sorted(found, key=lambda pod: (not pod.needs_help, pod.state != "Running", pod.name))


def chosen_pod(look: Look, thing: str, verb: str) -> PodFacts:
    """The pod to look into; with several, the choice is said beside the answer. Raises Trouble."""
    check_kind(thing)
    snapshot = look.snapshot()
    target = resolve(snapshot, thing, verb)
    pods = pods_of(snapshot, target)
    if not pods:
        raise known("W0212", thing=target.text)
    if len(pods) > 1:
        others = f"wherry {verb} pod/{pods[1].name}"
        note(printable(f"   ({target.text} has {len(pods)} pods; this is {pods[0].name}. Another: {others})"))
    return pods[0]


def become_kubectl(look: Look, *words: str) -> None:
    """Go on as the real kubectl, on the cluster that is looked at: streams and terminals are its trade."""
    from wherry.cli.programs import kubectl_path

    where = ["--kubeconfig", str(look.kubeconfig or look.data_dir.kubeconfig)]
    if look.context:
        where += ["--context", look.context]
    sys.stdout.flush()
    os.execv(kubectl_path(), ["kubectl", *where, *words])  # noqa: S606 - becomes kubectl

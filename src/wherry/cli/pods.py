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

ANSWER_S = 15.0
# What a shell, and exec after it, say of a program that is not there.
NO_SUCH_PROGRAM = (126, 127)


def pods_of(snapshot: Snapshot, target: Target) -> Sequence[PodFacts]:
    """The pods that a target means, those that need help first, then those that run."""
    if target.kind == "Pod":
        return [pod for pod in snapshot.pods if (pod.namespace, pod.name) == (target.namespace, target.name)]
    owner = f"{target.kind}/{target.name}".lower()
    here = [pod for pod in snapshot.pods if pod.namespace == target.namespace]
    if target.kind == "Service":
        found = _behind(snapshot, target, here)
    else:
        found = [pod for pod in here if pod.owner.lower() == owner]
    return sorted(found, key=lambda pod: (not pod.needs_help, pod.state != "Running", pod.name))


def _behind(snapshot: Snapshot, service: Target, pods: Sequence[PodFacts]) -> list[PodFacts]:
    """The pods that a service leads to, ready or not; where its endpoints are not to be seen, its namesake's."""
    names = {
        name
        for one in snapshot.services
        if (one.namespace, one.name) == (service.namespace, service.name)
        for name in (*one.answering, *one.silent)
    }
    return [pod for pod in pods if pod.name in names] or [pod for pod in pods if pod.app == service.name]


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


def check_shell(look: Look, pod: PodFacts, container: str) -> None:
    """Whether there is a shell to go into. Raises Trouble, with another way to look around."""
    from wherry.cli.programs import kubectl_path
    from wherry.kit.process import run_blocking

    tried = ["exec", pod.name, "-n", pod.namespace, "-c", container, "--", "sh", "-c", ":"]
    done = run_blocking([str(kubectl_path()), *_where(look), *tried], timeout_s=ANSWER_S)
    if done.exit_code in NO_SUCH_PROGRAM or b"executable file" in done.stderr:
        raise known("W0213", container=container, pod=pod.name, namespace=pod.namespace)


def become_kubectl(look: Look, *words: str) -> None:
    """Go on as the real kubectl, on the cluster that is looked at: streams and terminals are its trade."""
    from wherry.cli.programs import kubectl_path

    sys.stdout.flush()
    os.execv(kubectl_path(), ["kubectl", *_where(look), *words])  # noqa: S606 - becomes kubectl


def _where(look: Look) -> list[str]:
    where = ["--kubeconfig", str(look.kubeconfig or look.data_dir.kubeconfig)]
    return [*where, "--context", look.context] if look.context else where

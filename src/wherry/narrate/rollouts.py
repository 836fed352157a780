"""Is a workload as wanted, or is a new version of it on its way, stuck or held? Pure.

That enough pods are ready does not mean that all is well: while a new version fails, the pods of the old one stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.apimachinery.document import Document
from wherry.client.indexer import meta_of
from wherry.narrate.explanation import Explanation, condition_lines, conditions_in, remedies_of, say_answer
from wherry.narrate.facts import PodFacts
from wherry.narrate.workloads import BY_KIND, Tally

# Conditions that say why a controller gets no further: their type, and the status and reason that are bad ("": any).
STUCK = (("Progressing", "False", "ProgressDeadlineExceeded"), ("ReplicaFailure", "True", ""))


def explain_workload(document: Document, troubled: Sequence[PodFacts]) -> Explanation:
    """Why a workload whose pods are to stay is as it is. `troubled` are those of its newest pods that need help."""
    kind = BY_KIND[str(document["kind"])]
    thing = kind.resource.from_document(document)
    tally, meta = kind.tally(thing), meta_of(thing)
    why = _obstacle(document, troubled)
    key = _key(tally, is_stuck=bool(why))
    said: dict[str, object] = {
        "kind": kind.resource.kind,
        "resource": kind.resource.singular,
        "namespace": meta.namespace,
        "name": meta.name,
        "ready": tally.ready,
        "wanted": tally.wanted,
        "updated": tally.updated,
        "why": why,
    }
    return Explanation(say_answer(key, **said), condition_lines(document), remedies_of(key, **said))


def _key(tally: Tally, *, is_stuck: bool) -> str:
    """Which sentence says how it is."""
    if not tally.is_seen:
        return "unseen"
    if tally.old > tally.kept:
        if tally.is_paused:
            return "rollout-paused"
        if tally.is_by_hand:
            return "rollout-by-hand"
        return "rollout-stuck" if is_stuck else "rollout-on-its-way"
    if tally.ready != tally.wanted:
        return "not-as-wanted"
    return "as-wanted-paused" if tally.is_paused else "as-wanted"


def _obstacle(document: Document, troubled: Sequence[PodFacts]) -> str:
    """What is in the way, without its full stop: the newest pod in trouble, else what the controller says; ""."""
    if troubled:
        pod = max(troubled, key=lambda one: one.created)
        return say_answer("pod-in-the-way", pod=pod.name, reason=pod.reason)
    for condition in conditions_in(document):
        for type_, status, reason in STUCK:
            if (condition.get("type"), condition.get("status")) == (type_, status) and reason in (
                "",
                condition.get("reason"),
            ):
                return str(condition.get("message") or condition.get("reason") or type_).rstrip(".")
    return ""

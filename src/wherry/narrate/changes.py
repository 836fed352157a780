"""What changed between two moments, object by object, in plain sentences, and who did it where that is known. Pure.

What the masters make for others (ReplicaSets, the pods of a workload) is no change that anybody asked for: pods are
counted for their workload, the rest is left out. Who changed what is read from managedFields; nobody writes down who
deletes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wherry.narrate.authors import MASTERS, author_of, controller_in, creator_of, meta_in, seconds, uid_in
from wherry.narrate.differences import details, differences
from wherry.narrate.history import Change, History, change_of
from wherry.narrate.node_changes import tell_node
from wherry.narrate.past_templates import SUMMARY
from wherry.narrate.pod_changes import tell_pods
from wherry.narrate.templates import count

HIDING_KINDS = frozenset({"Secret"})
# Kubernetes makes them in every namespace by itself.
MADE_BY_THE_MASTERS = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})


def tell_changes(histories: Iterable[History]) -> list[Change]:
    """Every change as a sentence: by the time it happened, those of unknown time last."""
    told: list[Change] = []
    pods: list[History] = []
    for history in histories:
        if history.key.kind == "Node":
            told += tell_node(history)
        elif controller_in(history.any) is None:
            told += _tell(history)
        elif history.key.kind == "Pod":
            pods.append(history)
    told += tell_pods(pods)
    return sorted(told, key=lambda one: (one.time_s == 0, one.time_s, one.kind, one.namespace, one.name))


def summary(told: Sequence[Change], since: str, until: str) -> str:
    """The first sentence."""
    if not told:
        return SUMMARY["nothing"].text.format(since=since, until=until)
    return SUMMARY["some"].text.format(things=count(len(told), "thing"), since=since, until=until)


def _tell(history: History) -> Iterator[Change]:
    before, after = history.before, history.after
    if (history.key.kind, history.key.name) in MADE_BY_THE_MASTERS:
        return
    if before is not None and after is not None and uid_in(before) == uid_in(after):
        found = differences(before, after)
        if found:
            said = details(found, hides_values=history.key.kind in HIDING_KINDS)
            who, time_s = author_of(before, history.states)
            yield change_of(history, "changed", "changed", who=who, time_s=time_s, said=said)
        return
    if before is not None:
        deleted_s = seconds(meta_in(history.states[-1]).get("deletionTimestamp")) if after is None else 0.0
        yield change_of(history, "deleted", "deleted", time_s=deleted_s)
    if (before is None or after is not None) and (who := creator_of(history.any)) not in MASTERS:
        created_s = seconds(meta_in(history.any).get("creationTimestamp"))
        if after is None:
            yield change_of(history, "created and deleted", "passing", who=who, time_s=created_s)
        else:
            yield change_of(history, "created", "created", who=who, time_s=created_s)

"""What changed between two moments, object by object, in plain sentences, and who did it where that is known. Pure.

What the masters make for others (ReplicaSets, the pods of a workload) is no change that anybody asked for: pods are
counted for their workload, the rest is left out. Who it was the masters know (doers.py); of what they
have forgotten, and of another cluster, managedFields tell the program, and nobody tells who deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wherry.apimachinery.document import Document
from wherry.narrate.authors import MASTERS, author_of, controller_in, creator_of, meta_in, seconds, uid_in
from wherry.narrate.deletions import Deletions
from wherry.narrate.differences import Difference, details, differences
from wherry.narrate.doers import is_master, names_of, tool_of, tools_of, users_of, who_is, within, writers
from wherry.narrate.history import By, Change, History, change_of
from wherry.narrate.node_changes import tell_node
from wherry.narrate.past_templates import SUMMARY
from wherry.narrate.pod_changes import tell_pods
from wherry.narrate.templates import count

# Heartbeats and what is worked out from others: nobody asks for their changes, and they are most of all changes.
NOT_TOLD = frozenset(
    {"Event", "Lease", "Endpoints", "EndpointSlice", "ControllerRevision", "ComponentStatus", "Binding", "IPAddress"}
    | {"CSINode", "CSIStorageCapacity", "VolumeAttachment", "ResourceSlice", "APIService", "FlowSchema"}
    | {"PriorityLevelConfiguration", "ServiceCIDR", "CertificateSigningRequest", "PodTemplate"}
)
REPLICAS = "spec.replicas"
HIDING_KINDS = frozenset({"Secret"})
# Kubernetes makes them in every namespace by itself.
MADE_BY_THE_MASTERS = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})


def tell_changes(histories: Iterable[History]) -> list[Change]:
    """Every change as a sentence: by the time it happened, those of unknown time last."""
    histories = [*histories]
    deletions = Deletions(histories)
    told: list[Change] = []
    pods: list[History] = []
    for history in histories:
        if history.key.kind == "Node":
            told += tell_node(history)
        elif controller_in(history.any) is None:
            told += _tell(history, deletions)
        elif history.key.kind == "Pod":
            pods.append(history)
    told += tell_pods(pods, deletions)
    return sorted(told, key=lambda one: (one.time_s == 0, one.time_s, one.kind, one.namespace, one.name))


def summary(told: Sequence[Change], since: str, until: str) -> str:
    """The first sentence."""
    if not told:
        return SUMMARY["nothing"].text.format(since=since, until=until)
    return SUMMARY["some"].text.format(things=count(len(told), "thing"), since=since, until=until)


def _tell(history: History, deletions: Deletions) -> Iterator[Change]:
    before, after = history.before, history.after
    if (history.key.kind, history.key.name) in MADE_BY_THE_MASTERS:
        return
    if before is not None and after is not None and uid_in(before) == uid_in(after):
        found = differences(before, after)
        if found:
            yield _changed(history, before, found)
        return
    if before is not None:
        yield _deleted(history, deletions)
    if before is None or after is not None:
        yield from _created(history, deletions)


def _changed(history: History, before: Document, found: Sequence[Difference]) -> Change:
    said = details(found, hides_values=history.key.kind in HIDING_KINDS)
    who, time_s = author_of(before, history.states)
    known = writers(history.deeds)
    if known and (not is_master(known[-1].author) or who in MASTERS):
        key = "scaled" if [one.field for one in found] == [REPLICAS] else "changed"
        return change_of(
            history,
            "changed",
            key,
            by=By(names_of(known), tools_of(known), people=users_of(known)),
            time_s=known[-1].time_s,
            said=said,
        )
    return change_of(history, "changed", "changed", by=By(who), time_s=time_s, said=said)


def _deleted(history: History, deletions: Deletions) -> Change:
    deleted_s = seconds(meta_in(history.states[-1]).get("deletionTimestamp")) if history.after is None else 0.0
    end = deletions.end_of(history)
    return change_of(
        history,
        "deleted",
        "deleted-known" if end.by.who else "deleted",
        by=end.by,
        time_s=end.time_s or deleted_s,
        let_go=end.let_go,
    )


def _created(history: History, deletions: Deletions) -> Iterator[Change]:
    made = next((deed for deed in reversed(history.deeds) if deed.author.verb in ("create", "apply")), None)
    who = creator_of(history.any)
    if is_master(made.author) if made is not None else who in MASTERS:
        return
    by = By(who) if made is None else By(who_is(made.author), tool_of(made.author), people=users_of([made]))
    created_s = seconds(meta_in(history.any).get("creationTimestamp"))
    if history.after is not None:
        yield change_of(history, "created", "created", by=by, time_s=created_s)
        return
    end = deletions.end_of(history).by
    yield change_of(
        history,
        "created and deleted",
        "passing-known" if end.who else "passing",
        by=By(by.who, by.tool, end.because, (*by.people, *end.people)),
        time_s=created_s,
        deleter=within(end.who),
    )

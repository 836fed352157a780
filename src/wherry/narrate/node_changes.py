"""What changed about a node: it joined, left, fell silent, came back, was closed or opened for new pods. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wherry.apimachinery.document import Document
from wherry.narrate.authors import author_of, meta_in, seconds
from wherry.narrate.doers import names_of, tools_of, users_of, writers
from wherry.narrate.history import By, Change, History, change_of


def tell_node(history: History) -> Iterator[Change]:
    """The changes of one node."""
    before, after = history.before, history.after
    if before is None and after is not None:
        joined_s = seconds(meta_in(after).get("creationTimestamp"))
        yield change_of(history, "created", "node-joined", time_s=joined_s)
    elif before is not None and after is None:
        yield change_of(history, "deleted", "node-left")
    elif before is not None and after is not None:
        yield from _tell_changed(history, before, after)


def _tell_changed(history: History, before: Document, after: Document) -> Iterator[Change]:
    if (ready := _is_ready(after)) != _is_ready(before):
        since_s = seconds(_ready_condition(after).get("lastTransitionTime"))
        yield change_of(history, "changed", "node-back" if ready else "node-silent", time_s=since_s)
    if (closed := _is_closed(after)) != _is_closed(before):
        who, time_s = author_of(before, history.states)
        key, by, known = "node-closed" if closed else "node-open", By(who), writers(history.deeds)
        if known:
            key, time_s = f"{key}-known", known[-1].time_s
            by = By(names_of(known), tools_of(known), people=users_of(known))
        yield change_of(history, "changed", key, by=by, time_s=time_s)


def _ready_condition(node: Document) -> Mapping[str, object]:
    status = node.get("status")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    entries = conditions if isinstance(conditions, list) else []
    return next((one for one in entries if isinstance(one, dict) and one.get("type") == "Ready"), {})


def _is_ready(node: Document) -> bool:
    return _ready_condition(node).get("status") == "True"


def _is_closed(node: Document) -> bool:
    spec = node.get("spec")
    return bool(spec.get("unschedulable")) if isinstance(spec, dict) else False

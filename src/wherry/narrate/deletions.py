"""Who deleted a thing, and where that began: the garbage collector, because anna deleted deployment web. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wherry.apimachinery.deed import Deed
from wherry.narrate.authors import meta_in
from wherry.narrate.doers import (
    GARBAGE_COLLECTOR,
    NAMESPACE_CONTROLLER,
    deletion_of,
    is_deletion,
    tool_of,
    users_of,
    who_is,
    within,
)
from wherry.narrate.history import By, History, Key, name_words
from wherry.narrate.past_templates import DETAILS

NAMESPACE = "Namespace"
CAUSES_MAX = 8
"""Owners of owners: as deep as anybody builds, and an end for those that own each other."""


class Ended(NamedTuple):
    """An object's end: whose doing it was, when, and a sentence about who let it go in the end ("" mostly)."""

    by: By
    time_s: float
    let_go: str


class Deletions:
    """What was deleted in a time, so that one deletion can be explained by another."""

    def __init__(self, histories: Iterable[History]) -> None:
        """`histories` of all that has changed in that time."""
        self._histories: Mapping[Key, History] = {one.key: one for one in histories}

    def end_of(self, history: History) -> Ended:
        """How an object of `history` ended."""
        started, ended = deletion_of(history.deeds, history.deleted_revision)
        if "deletionTimestamp" in meta_in(history.before):
            # It had begun before the time that is looked at: who it was is in nobody's hands here.
            started = None
        elif started is None:
            started, ended = ended, None
        who = who_is(started.author) if started is not None else ""
        let_go = ""
        if ended is not None and who_is(ended.author) != who and not _is_routine(ended):
            let_go = DETAILS["let-go"].text.format(who=who_is(ended.author))
        if started is None:
            return Ended(By(), 0.0, let_go)
        by = By(who, tool_of(started.author), self._because(history, started), users_of([started]))
        return Ended(by, started.time_s, let_go)

    def because_of(self, key: Key) -> str:
        """That `key` was deleted as a reason: "because anna deleted deployment web"; "" when it was not."""
        history = self._histories.get(key)
        if history is None or history.after is not None or not history.deletions:
            return ""
        return self._reason(history)

    def _because(self, history: History, started: Deed | None) -> str:
        cause = self._cause(history, started)
        return self._reason(cause) if cause is not None else ""

    def _reason(self, history: History) -> str:
        """The beginning of it all, in a clause."""
        started: Deed | None = None
        for _ in range(CAUSES_MAX):
            started, ended = deletion_of(history.deeds, history.deleted_revision)
            started = started or ended
            cause = self._cause(history, started)
            if cause is None:
                break
            history = cause
        if started is None:
            return ""
        said = {"who": within(who_is(started.author)), "what": name_words(history.key)}
        return DETAILS["because"].text.format_map(said)

    def _cause(self, history: History, started: Deed | None) -> History | None:
        """The other object whose deletion led to this one's."""
        if started is None:
            return None
        namespace = history.key.namespace
        if started.author.component == NAMESPACE_CONTROLLER:
            return self._deleted(Key(NAMESPACE, "", namespace))
        if started.author.component != GARBAGE_COLLECTOR:
            return None
        owners = meta_in(history.any).get("ownerReferences")
        for owner in owners if isinstance(owners, list) else ():
            kind, name = str(owner.get("kind")), str(owner.get("name"))
            for key in (Key(kind, namespace, name), Key(kind, "", name)):
                if (found := self._deleted(key)) is not None:
                    return found
        return None

    def _deleted(self, key: Key) -> History | None:
        """The history of an object that was deleted, or is being deleted."""
        history = self._histories.get(key)
        if history is None:
            return None
        return history if history.deletions or any(map(is_deletion, history.deeds)) else None


def _is_routine(deed: Deed) -> bool:
    """Whether it is no news that this one takes a thing away that somebody has deleted: its node, a collector."""
    node, component = deed.author.user.startswith("system:node"), deed.author.component
    return node or component in (GARBAGE_COLLECTOR, NAMESPACE_CONTROLLER, "pod-garbage-collector")

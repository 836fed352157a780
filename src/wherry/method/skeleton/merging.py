"""What a newer skeleton means for each file of a repository that has gone its own way. Pure.

Three texts decide: the old skeleton's, the new skeleton's, and yours. What only one side has changed is that side's;
what both have changed is merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from wherry.method.skeleton.git import blob_name


class Action(Enum):
    """What is done with a file."""

    ADD = "new"
    REPLACE = "renewed"
    DELETE = "removed"
    MERGE = "merged"
    KEEP = "kept as yours"


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file of the old skeleton: git's name of its content, and the content if it is still to be had."""

    name: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Change:
    """What to do with one file, and why. `old` and `new` are the skeleton's texts; `yours` is None when it is gone."""

    path: str
    action: Action
    why: str
    old: bytes | None = None
    new: bytes | None = None
    yours: bytes | None = None


def plan_update(old: Mapping[str, OldFile], new: Mapping[str, bytes], yours: Mapping[str, bytes]) -> list[Change]:
    """The changes, by path; files with which nothing happens are left out, unless you should know why."""
    changes = (
        _plan_file(path, old.get(path), new.get(path), yours.get(path)) for path in sorted(old.keys() | new.keys())
    )
    return [change for change in changes if change is not None]


def _plan_file(path: str, old: OldFile | None, new: bytes | None, yours: bytes | None) -> Change | None:
    if new is None:
        return _plan_dropped(path, old, yours)
    if yours == new or (old is not None and blob_name(new) == old.name):
        return None
    if yours is None:
        if old is None:
            return Change(path, Action.ADD, "the skeleton has it now", new=new)
        return Change(path, Action.KEEP, "you have removed it, and it stays so")
    if old is None:
        return Change(path, Action.MERGE, "the skeleton has it now, and so have you", b"", new, yours)
    if blob_name(yours) == old.name:
        return Change(path, Action.REPLACE, "you had not changed it", new=new)
    return Change(path, Action.MERGE, "both of you have changed it", old.content, new, yours)


def _plan_dropped(path: str, old: OldFile | None, yours: bytes | None) -> Change | None:
    if yours is None or old is None:
        return None
    if blob_name(yours) == old.name:
        return Change(path, Action.DELETE, "the skeleton has it no more, and you had not changed it")
    return Change(path, Action.KEEP, "the skeleton has it no more, but you have changed it")

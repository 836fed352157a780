"""Which thing does somebody mean: "web", "pod/web-1", "node/laptop", or a name with a typing mistake. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from wherry.apimachinery.resource_type import AnyResourceType
    from wherry.narrate.facts import Snapshot

DEFAULT_NAMESPACE = "default"
# Somebody who says "web" means the thing they made before the things that were made for it.
RANKS = {"Service": 1, "Pod": 2, "Node": 3}
WORKLOAD_RANK = 0


class Target(NamedTuple):
    """One thing in the cluster; its namespace is "" for those of the whole cluster."""

    kind: str
    namespace: str
    name: str

    @property
    def text(self) -> str:
        """As one types it: "pod/web-1"."""
        return f"{self.kind.lower()}/{self.name}"

    @property
    def scope(self) -> str:
        """The option that says where it is; "" for the usual place."""
        return f" -n {self.namespace}" if self.namespace not in ("", DEFAULT_NAMESPACE) else ""

    @property
    def command(self) -> str:
        """As one types it behind a command: with the namespace, where that is needed."""
        return f"{self.text}{self.scope}"


def find_kind(word: str) -> AnyResourceType | None:
    """The kind that a person means: pod, pods, po, Pod. None: there is none."""
    # Here: a name alone needs no list of all kinds, whose import takes longer than the search.
    from wherry.api.registry import RESOURCE_TYPES

    wanted = word.lower()
    for resource in RESOURCE_TYPES:
        if wanted in (resource.plural, resource.singular, resource.kind.lower(), *resource.short_names):
            return resource
    return None


def all_targets(snapshot: Snapshot) -> Iterator[Target]:
    """Everything in the picture that has a name."""
    yield from (Target(one.kind, one.namespace, one.name) for one in snapshot.workloads)
    yield from (Target("Service", one.namespace, one.name) for one in snapshot.services)
    yield from (Target("Pod", one.namespace, one.name) for one in snapshot.pods)
    yield from (Target("Node", "", one.name) for one in snapshot.nodes)


def find_targets(snapshot: Snapshot, text: str) -> Sequence[Target]:
    """What `text` may mean: one target when it is clear, several when it is not, none when nothing fits.

    A name alone means the outermost thing of that name; the beginning of a pod's name is enough, if only one begins so.
    """
    kind_word, slash, name = text.partition("/")
    if not slash:
        name = text
    resource = find_kind(kind_word) if slash else None
    known = [one for one in all_targets(snapshot) if resource is None or one.kind == resource.kind]
    found = [one for one in known if one.name == name] or [one for one in known if one.name.startswith(name) and name]
    if not found:
        return ()
    outermost = min(rank(one) for one in found)
    found = [one for one in found if rank(one) == outermost]
    return [one for one in found if one.namespace == DEFAULT_NAMESPACE][:1] if _is_in_default(found) else found


def _is_in_default(found: Sequence[Target]) -> bool:
    """Whether exactly one of several namesakes lives where people put things without saying where."""
    at_home = [one for one in found if one.namespace == DEFAULT_NAMESPACE]
    return len(found) > 1 and len(at_home) == 1 and len({one.name for one in found}) == 1


def rank(target: Target) -> int:
    """What people more likely mean comes first: what they have made, before what was made for it."""
    return RANKS.get(target.kind, WORKLOAD_RANK)


def near_targets(snapshot: Snapshot, text: str) -> list[Target]:
    """Things whose names look like `text`, nearest first."""
    name = text.rpartition("/")[2]
    by_name: dict[str, Target] = {}
    for one in all_targets(snapshot):
        by_name.setdefault(one.name, one)
    return [by_name[near] for near in difflib.get_close_matches(name, [*by_name], n=3)]

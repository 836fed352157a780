"""What somebody would change: objects to apply, workloads to scale, nodes that go down. Nothing here does it."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.struct import Struct

COPIES_MAX = 10_000
"""Every copy is really made, in the memory of one process: so many take 25 s and some hundred MB on two processors."""


class Scale(Struct):
    """A workload, as people name it, and how many copies it shall have. `namespace` "" is any."""

    thing: str
    replicas: int
    namespace: str = ""


class Change(Struct):
    """All that somebody would change at once. `namespace` is where objects go that name none."""

    documents: tuple[Document, ...] = ()
    scales: tuple[Scale, ...] = ()
    nodes_down: tuple[str, ...] = ()
    namespace: str = ""

    @property
    def is_nothing(self) -> bool:
        """Whether nothing would change."""
        return not (self.documents or self.scales or self.nodes_down)

    @property
    def copies(self) -> int:
        """How many copies it wants in all; an object that says no number counts as one."""
        return sum(scale.replicas for scale in self.scales) + sum(map(_copies, self.documents))


def _copies(document: Document) -> int:
    spec = document.get("spec")
    wanted = [spec.get(field) for field in ("replicas", "parallelism")] if isinstance(spec, dict) else []
    return max([1, *(number for number in wanted if isinstance(number, int))])


class TooManyCopies(Exception):
    """The change wants more copies than a trial can hold."""

    def __init__(self, wanted: int) -> None:
        """`wanted` is how many."""
        super().__init__(f"{wanted:,} copies are more than a trial can hold; it can hold {COPIES_MAX:,}")
        self.wanted = wanted


class NotThere(Exception):
    """The change names something that is not there; `near` is a name that looks like it, or ""."""

    def __init__(self, thing: str, near: str = "") -> None:
        """`thing` is what was named."""
        super().__init__(thing)
        self.thing = thing
        self.near = near


class Ambiguous(Exception):
    """The change names something that is several things; `names` says which."""

    def __init__(self, thing: str, names: tuple[str, ...]) -> None:
        """`thing` is what was named."""
        super().__init__(thing)
        self.thing = thing
        self.names = names


class NeverSettles(Exception):
    """The masters were still at it when the time that anybody waits for an answer was over."""

"""A page's changing part as keyed pieces, and what must be sent when it changes. Pure.

A view gives its pieces in order, each with an id and the id of the piece that it stands in. The whole page is the
pieces put into each other; an update is the difference between two such lists:

    {"id": "pod/shop/web-1", "parent": "pods/laptop", "after": "pod/shop/web-0", "html": "<li ...>"}   new or changed
    {"id": "pod/shop/web-1", "parent": "pods/laptop", "after": ""}                                      moved, as it is
    {"id": "pod/shop/web-1", "gone": true}                                                              gone

`after` is the sibling in front ("" for the first place). Pieces hold complete HTML, so the same words reach people with
and without JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wherry.apimachinery.document import Document

ROOT = "view"


class Fragment(NamedTuple):
    """One piece: `open`, then the pieces inside it, then `close`. A piece with nothing inside is all `open`."""

    id: str
    parent: str
    open: str
    close: str = ""


class Tree:
    """The pieces of a view at one moment."""

    def __init__(self, fragments: Iterable[Fragment]) -> None:
        """A piece comes after the one that it stands in; ids are unique."""
        self.pieces: dict[str, Fragment] = {}
        self.children: dict[str, list[str]] = {ROOT: []}
        for piece in fragments:
            assert piece.id not in self.pieces, piece.id
            self.pieces[piece.id] = piece
            self.children[piece.parent].append(piece.id)
            if piece.close:
                self.children[piece.id] = []

    def html(self, piece_id: str = ROOT) -> str:
        """A piece with all that is in it; of the root only what is in it."""
        parts: list[str] = []
        self._write(piece_id, parts)
        return "".join(parts)

    def _write(self, piece_id: str, parts: list[str]) -> None:
        piece = self.pieces.get(piece_id)
        if piece is not None:
            parts.append(piece.open)
        for child in self.children.get(piece_id, ()):
            self._write(child, parts)
        if piece is not None:
            parts.append(piece.close)


def difference(old: Tree, new: Tree) -> list[Document]:
    """The patches that make `old` into `new`, in the order in which they are to be applied."""
    patches: list[Document] = [
        {"id": piece.id, "gone": True}
        for piece in old.pieces.values()
        # What goes with its parent needs no word of its own.
        if piece.id not in new.pieces and (piece.parent == ROOT or piece.parent in new.pieces)
    ]
    _compare(ROOT, old, new, patches)
    return patches


def _compare(parent: str, old: Tree, new: Tree, patches: list[Document]) -> None:
    before, now = old.children.get(parent, []), new.children.get(parent, [])
    misplaced = _misplaced(before, now) if before != now else set()
    previous = ""
    for child in now:
        piece, known = new.pieces[child], old.pieces.get(child)
        if known is not piece and (known is None or (known.open, known.close) != (piece.open, piece.close)):
            patches.append({"id": child, "parent": parent, "after": previous, "html": new.html(child)})
        else:
            if known.parent != parent or child in misplaced:
                patches.append({"id": child, "parent": parent, "after": previous})
            if piece.close:
                _compare(child, old, new, patches)
        previous = child


def _misplaced(before: Sequence[str], now: Sequence[str]) -> set[str]:
    """Those in both whose order among each other has changed (all of them, once it has)."""
    stayed = set(before) & set(now)
    ordered = [one for one in now if one in stayed]
    return stayed if ordered != [one for one in before if one in stayed] else set()

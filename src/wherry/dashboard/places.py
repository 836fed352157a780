"""The places of the map, kept by the masters: the same for everybody, over restarts, and when services come and go.

They are no part of the cluster's state and say nothing about it but names, so they stand in a file beside the keys.
Whoever looks gives new pieces their places; who may change a service's Service may move its piece. A piece that has
not been seen for a month gives its place up.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from wherry.kit.files import write_atomically

DAY_S = 86_400.0
FORGOTTEN_S = 30 * DAY_S
PIECES_MAX = 2000

Slot = tuple[int, int]
"""(column, row)."""
Find = Callable[[Mapping[str, Slot]], Mapping[str, Slot]]
"""From all slots so far to those of the pieces that are there."""


class Kept(msgspec.Struct):
    """Where a piece stands, and when it was seen last (seconds since 1970, to a day)."""

    column: int
    row: int
    seen_s: float = 0.0


class Places:
    """Everybody's places."""

    def __init__(self, keep_in: Path | None = None) -> None:
        """`keep_in` is the file; without one they are forgotten with this process."""
        self._file = keep_in
        self._kept = self._read()
        self._listeners: weakref.WeakSet[Listener] = weakref.WeakSet()

    @property
    def known(self) -> dict[str, Slot]:
        """All slots so far, also of pieces that are not there now."""
        return {name: (one.column, one.row) for name, one in self._kept.items()}

    def slots(self, find: Find, now_s: float) -> dict[str, Slot]:
        """The slots of the pieces that are there; new ones get theirs, and keep it."""
        self._forget(now_s)
        found = dict(find(self.known))
        is_new = False
        for name, (column, row) in found.items():
            one = self._kept.get(name)
            if one is None or now_s - one.seen_s > DAY_S:
                self._kept[name] = Kept(column, row, now_s)
                is_new = True
        if is_new:
            self._write()
        return found

    def put(self, name: str, slot: Slot) -> None:
        """Give a piece that is known another slot."""
        self._kept[name].column, self._kept[name].row = slot
        self._changed()

    def arrange_anew(self) -> None:
        """Forget all places: the next one who looks sees the whole map laid out anew."""
        self._kept = {}
        self._changed()

    def subscribe(self, listener: Listener) -> None:
        """Tell somebody, as long as there is that somebody, when a person has moved a piece."""
        self._listeners.add(listener)

    def _changed(self) -> None:
        self._write()
        for one in [*self._listeners]:
            one.call()

    def _forget(self, now_s: float) -> None:
        old = [name for name, one in self._kept.items() if now_s - one.seen_s > FORGOTTEN_S]
        crowd = sorted(self._kept, key=lambda name: self._kept[name].seen_s)[: max(0, len(self._kept) - PIECES_MAX)]
        for name in {*old, *crowd}:
            del self._kept[name]

    def _read(self) -> dict[str, Kept]:
        try:
            content = self._file.read_bytes() if self._file is not None else b"{}"
            return msgspec.json.decode(content, type=dict[str, Kept])
        except (OSError, msgspec.DecodeError):
            # A map can be laid out anew; nothing else depends on it.
            return {}

    def _write(self) -> None:
        if self._file is not None:
            try:
                write_atomically(self._file, msgspec.json.encode(self._kept), mode=0o600, fsync=False)
            except OSError:
                # A full disk must not take the page away.
                return


class Listener:
    """Somebody who is told."""

    def __init__(self, call: Callable[[], None]) -> None:
        """`call` is called at each change."""
        self.call = call

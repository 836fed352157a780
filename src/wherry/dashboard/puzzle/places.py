"""The places of the map, kept by the masters: the same for everybody, over restarts, and when services come and go.

They are no part of the cluster's state and say nothing about it but names, so they stand in a file beside the keys.
Whoever looks gives new pieces their places; who may change a service's Service may move its piece. A piece that has
not been seen for a month gives its place up.
"""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import msgspec
import orjson

from wherry.apimachinery.errors import BadRequest, Forbidden, NotFound
from wherry.client.client import Client
from wherry.dashboard.markup import url
from wherry.dashboard.puzzle.layers import Line
from wherry.dashboard.puzzle.layout import Sizes
from wherry.dashboard.puzzle.slots import Slot, find_slots, move_slot
from wherry.kit.files import write_atomically
from wherry.kit.http.types import read_body

DAY_S = 86_400.0
FORGOTTEN_S = 30 * DAY_S
PIECES_MAX = 2000
STEPS: Mapping[str, Slot] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


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

    def slots(self, heights: Mapping[str, float], lines: Iterable[Line], sizes: Sizes, now_s: float) -> dict[str, Slot]:
        """The slots of these pieces; new ones get theirs, and keep it."""
        self._forget(now_s)
        known = {name: (one.column, one.row) for name, one in self._kept.items()}
        found = find_slots(known, heights, lines, sizes)
        is_new = False
        for name, (column, row) in found.items():
            one = self._kept.get(name)
            if one is None or now_s - one.seen_s > DAY_S:
                self._kept[name] = Kept(column, row, now_s)
                is_new = True
        if is_new:
            self._write()
        return found

    def move(self, name: str, step: Slot) -> None:
        """Move a piece by a step, over others. Raises NotFound."""
        slot = move_slot({one: (kept.column, kept.row) for one, kept in self._kept.items()}, name, step)
        if slot is None:
            raise NotFound(f"There is no {name} in the puzzle (any more).")
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


Form = Mapping[str, str]
Action = Callable[[Client, Form, float], Awaitable[tuple[str, str]]]


def moving(places: Places) -> Mapping[str, Action]:
    """What a person may do with the map: `move` a piece, `arrange` all of them anew."""

    async def move(client: Client, form: Form, now_s: float) -> tuple[str, str]:
        namespace, service, to = form.get("namespace", ""), form.get("service", ""), form.get("to", "")
        if to not in STEPS or not namespace or not service:
            raise BadRequest("the form does not say which service, and where to: left, right, up or down")
        await _check(client, namespace, f"to move {service} for everybody you need the right to change Services there")
        places.move(f"{namespace}/{service}", STEPS[to])
        return f"{service} is one step {to}, for everybody.", url("puzzle")

    async def arrange(client: Client, form: Form, now_s: float) -> tuple[str, str]:
        await _check(
            client, "", "to give all services new places for everybody you need the right to change all Services"
        )
        places.arrange_anew()
        return "All services have new places, for everybody.", url("puzzle")

    return {"move": move, "arrange": arrange}


async def _check(client: Client, namespace: str, why: str) -> None:
    """Whether a person may change the Services of a namespace ("": of all). Raises Forbidden."""
    asked = {"verb": "patch", "resource": "services", "namespace": namespace}
    body = orjson.dumps({"spec": {"resourceAttributes": asked}})
    answer = orjson.loads(await read_body(await client.request("POST", REVIEWS, body=body)))
    if not answer.get("status", {}).get("allowed"):
        raise Forbidden(why)

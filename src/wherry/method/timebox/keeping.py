"""The timebox on the cluster: a custom resource, so that everybody sees the same clock and the same evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from wherry.api.method.timebox import TIMEBOXES, RecordedPlay, Seen, TimeboxStatus
from wherry.api.method.timebox import Timebox as StoredTimebox
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Conflict
from wherry.client.client import Client
from wherry.method.crds import ensure_kinds
from wherry.method.timebox.clock import Timebox

PLAYS_MAX = 20
ATTEMPTS = 5


async def keep_timebox(client: Client, timebox: Timebox, team: str = "") -> StoredTimebox:
    """Put a repository's clock on the cluster, unless it is there; gives what is there. Raises StatusError."""
    await ensure_kinds(client, "timeboxes")
    spec: Document = {
        "service": timebox.service,
        "team": team,
        "startedAt": timebox.started_at,
        "lengthSeconds": timebox.length_s,
    }
    return await client.apply(
        TIMEBOXES, timebox.service, {"metadata": {"name": timebox.service}, "spec": spec}, force=True
    )


async def add_play(client: Client, service: str, play: RecordedPlay) -> None:
    """Note a journey that went as told. Raises StatusError."""

    def change(status: TimeboxStatus) -> TimeboxStatus:
        return msgspec.structs.replace(status, plays=(*status.plays, play)[-PLAYS_MAX:])

    await _change_status(client, service, change)


async def note_ticks(client: Client, service: str, done: int, open_: Sequence[str], seen: Sequence[Seen]) -> None:
    """Note how far it is, and what has happened once. Raises StatusError."""

    def change(status: TimeboxStatus) -> TimeboxStatus:
        known = {entry.item for entry in status.seen}
        more = tuple(entry for entry in seen if entry.item not in known)
        return msgspec.structs.replace(
            status, done=done, total=done + len(open_), open=tuple(open_), seen=(*status.seen, *more)
        )

    await _change_status(client, service, change)


async def _change_status(client: Client, service: str, change: Callable[[TimeboxStatus], TimeboxStatus]) -> None:
    """Read, change and write; again when somebody else was faster."""
    for attempt in range(ATTEMPTS):
        found = await client.get(TIMEBOXES, service)
        changed = change(found.status)
        if changed == found.status:
            return
        document: Document = {
            "metadata": {"name": service, "resourceVersion": found.metadata.resource_version},
            "spec": msgspec.to_builtins(found.spec),
            "status": msgspec.to_builtins(changed),
        }
        try:
            _ = await client.update_document(TIMEBOXES, document, subresource="status")
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return

"""Waivers that stand beside the release and not in the repository: made by somebody who looks at the board.

They are entries of the ConfigMap that holds the team's standard, one for each criterion:

    data:
      waiver.parity: '{"criterion":"parity","who":"ana","why":"prod moves in March","until":"2026-03-31"}'

Who may change that ConfigMap may waive. What the repository's done.toml says is not touched, and counts as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound, StatusError
from wherry.client.client import Client
from wherry.method.done.agreement import Agreement, Waiver

PREFIX = "waiver."


def key_of(criterion: str) -> str:
    """The entry's name."""
    return f"{PREFIX}{criterion}"


def waivers_in(data: Mapping[str, str]) -> Iterator[Waiver]:
    """Those that can be read; nobody is held up by one that cannot."""
    for key, value in sorted(data.items()):
        if key.startswith(PREFIX):
            try:
                found = msgspec.json.decode(value, type=Waiver)
            except msgspec.DecodeError:
                continue
            if key == key_of(found.criterion) and found.who.strip() and found.why.strip():
                yield found


def with_waivers(agreement: Agreement, waivers: Iterable[Waiver]) -> Agreement:
    """The team's agreement with more waivers. Pure."""
    return msgspec.structs.replace(agreement, waiver=(*agreement.waiver, *waivers))


async def kept_waivers(client: Client, namespace: str, name: str) -> tuple[Waiver, ...]:
    """The waivers in a standard's ConfigMap; none where it is not there or not to be seen."""
    try:
        return tuple(waivers_in((await client.get(CONFIG_MAPS, name, namespace)).data))
    except StatusError:
        return ()


def waiver_patch(waiver: Waiver | None, criterion: str) -> Document:
    """The merge patch that sets a waiver, or, with None, takes it back."""
    return {"data": {key_of(criterion): msgspec.json.encode(waiver).decode() if waiver is not None else None}}


async def keep_waiver(client: Client, namespace: str, name: str, criterion: str, waiver: Waiver | None) -> None:
    """Set a waiver or take it back. Raises StatusError; NotFound says how the standard comes to be there."""
    try:
        await client.patch(CONFIG_MAPS, name, waiver_patch(waiver, criterion), namespace)
    except NotFound as error:
        words = f"the team's standard ({name}) is not here yet: wherry done, in the repository, leaves it"
        raise NotFound(words) from error

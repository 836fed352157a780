"""Who has changed what, as far as the masters remember and whoever asks may know.

Wherry's masters can say it; any other cluster's cannot, and then the answer is that nobody knows.
"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from wherry.apimachinery.deed import Deed
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.kit.http.types import read_body

PATH = "/wherry/v1/deeds"


async def deeds_between(client: Client, *, after: int = 0, until: int = 0, namespace: str = "") -> list[Deed]:
    """What was done after the one revision and up to the other (0: now), oldest first; [] when nobody knows."""
    return await _ask(client, after=str(after or ""), until=str(until or ""), namespace=namespace)


async def deeds_of_people(client: Client, *, since_s: float = 0.0, after: int = 0, namespace: str = "") -> list[Deed]:
    """What people did since a moment (seconds since 1970) or a revision; the masters' own deeds are left out."""
    since = f"{since_s:.0f}" if since_s else ""
    return await _ask(client, people="true", since=since, after=str(after or ""), namespace=namespace)


class NewDeeds:
    """What people have done since it was asked last: each deed once, and a quiet time is not read again."""

    def __init__(self, client: Client, *, namespace: str = "", after: int = 0) -> None:
        """`after` is the revision up to which everything is known."""
        self._client = client
        self._namespace = namespace
        self._after = after

    async def ask(self, heard: int, *, since_s: float = 0.0) -> list[Deed]:
        """The new ones, oldest first. `heard` is a revision that the store has surely reached."""
        found = await deeds_of_people(self._client, since_s=since_s, after=self._after, namespace=self._namespace)
        # The answer may know of more than what was heard of.
        self._after = max(self._after, heard, *(deed.revision for deed in found[-1:]))
        return found


async def deeds_about(client: Client, resource: AnyResourceType, name: str, namespace: str = "") -> list[Deed]:
    """What was done to one object, oldest first; [] when nobody knows."""
    place = namespace if resource.namespaced else ""
    return await _ask(client, group=resource.group, plural=resource.plural, namespace=place, name=name)


async def _ask(client: Client, **asked: str) -> list[Deed]:
    query = urlencode({key: value for key, value in asked.items() if value})
    try:
        body = await read_body(await client.request("GET", PATH, query))
        return msgspec.json.decode(body, type=list[Deed])
    except (StatusError, msgspec.DecodeError):
        # Another cluster than Wherry, or one that has been stopped meanwhile.
        return []

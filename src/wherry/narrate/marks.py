"""Moments that a team has marked: the last review, the last demo. Kept in the cluster, so everybody means the same.

    await marked_moment(client, "last review")     when that was, in seconds since 1970; None: "5m ago" names no mark

They are the data of one ConfigMap: a name, and when it was last marked.
"""

from __future__ import annotations

import re

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.apimachinery.timestamps import format_time, parse_time
from wherry.client.client import Client

NAMESPACE = "default"
CONFIG_MAP = "wherry-moments"
_UNFIT = re.compile(r"[^a-z0-9]+")


def mark_key(name: str) -> str:
    """A name as a key: "Sprint Review" -> sprint-review; "" for one without a letter or digit."""
    return _UNFIT.sub("-", name.strip().lower()).strip("-")


class NeverMarked(LookupError):
    """No moment of this name has been marked yet."""

    def __init__(self, name: str) -> None:
        """`name` as a key."""
        super().__init__(name)
        self.name = name


async def marked_moment(client: Client, said: str) -> float | None:
    """When the moment was that somebody calls by its name, "last review"; None when they say none by name.

    Raises:
        NeverMarked: nobody has marked a moment of that name.
        StatusError: the person may not read the marks.
    """
    first, _, name = said.strip().lower().partition(" ")
    if first != "last" or not mark_key(name):
        return None
    marked_s = (await all_marks(client)).get(mark_key(name))
    if marked_s is None:
        raise NeverMarked(mark_key(name))
    return marked_s


async def all_marks(client: Client) -> dict[str, float]:
    """Every name, and when it was last marked."""
    try:
        data = (await client.get(CONFIG_MAPS, CONFIG_MAP, NAMESPACE)).data
    except NotFound:
        return {}
    return {name: parse_time(value) for name, value in data.items()}


async def mark(client: Client, name: str, now_s: float) -> None:
    """Mark this moment by a name; an earlier one of the same name makes room."""
    wanted: Document = {"data": {mark_key(name): format_time(now_s)}}
    try:
        await client.patch(CONFIG_MAPS, CONFIG_MAP, wanted, NAMESPACE)
    except NotFound:
        await client.create(CONFIG_MAPS, {"metadata": {"name": CONFIG_MAP}, **wanted}, NAMESPACE)

"""What changed between two moments, of every kind that people write, as somebody may see it.

Apart from past.py because it needs to know all kinds, which takes a tenth of a second to load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from wherry.api.apiextensions.customresourcedefinition import CUSTOM_RESOURCE_DEFINITIONS, CustomResourceDefinition
from wherry.api.custom_object import kind_declared_by
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.deed import Deed
from wherry.apimachinery.errors import Expired, Forbidden, NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.client.deeds import deeds_between
from wherry.client.past import changes_between, list_whole
from wherry.narrate.changes import NOT_TOLD, tell_changes
from wherry.narrate.history import Change, History, histories_of
from wherry.narrate.past import Moment, TooLongAgo


async def changes_since(client: Client, since: Moment, until: Moment, namespace: str = "") -> list[Change]:
    """What changed between two moments. Raises TooLongAgo."""
    try:
        kinds = [*told_kinds(RESOURCE_TYPES), *await _custom_kinds(client)]
        deeds = await deeds_between(client, after=since.revision, until=until.revision, namespace=namespace)
        found = await asyncio.gather(
            *(
                _histories(client, kind, since, until, namespace, deeds)
                for kind in kinds
                if kind.namespaced or not namespace
            )
        )
    except Expired as error:
        raise TooLongAgo(since.time_s, since.oldest_s) from error
    return tell_changes(history for histories in found for history in histories)


def told_kinds(kinds: Iterable[AnyResourceType]) -> list[AnyResourceType]:
    """The kinds whose changes are told, each once."""
    found: dict[str, AnyResourceType] = {}
    for kind in kinds:
        if kind.kind not in NOT_TOLD and {"list", "watch"} <= set(kind.verbs):
            found.setdefault(kind.kind, kind)
    return [*found.values()]


async def _custom_kinds(client: Client) -> list[AnyResourceType]:
    try:
        listed = await client.list(CUSTOM_RESOURCE_DEFINITIONS)
    except (Forbidden, NotFound):
        return []
    definitions: list[CustomResourceDefinition] = listed.items
    return [kind_declared_by(one) for one in definitions if any(version.served for version in one.spec.versions)]


async def _histories(
    client: Client, kind: AnyResourceType, since: Moment, until: Moment, namespace: str, deeds: Iterable[Deed]
) -> list[History]:
    try:
        happened = await changes_between(client, kind, namespace, after=since.revision, until=until.revision)
        if not happened:
            return []
        before = await list_whole(client, kind, namespace, at_revision=str(since.revision))
    except (Forbidden, NotFound):
        return []
    done = [deed for deed in deeds if (deed.group, deed.plural) == (kind.group, kind.plural)]
    return histories_of(kind.kind, before, happened, done)

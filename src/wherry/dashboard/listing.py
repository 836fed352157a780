"""Lists what a page follows anyway, for those who read a landscape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from wherry.apimachinery.resource_type import ResourceType
from wherry.dashboard.live import Live

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(slots=True)
class LiveLister:
    """Lists what a page follows anyway; implements method.model.reading.Lister."""

    live: Live
    hidden: list[str] = field(default_factory=list)

    async def all(self, kind: ResourceType[T]) -> list[T]:
        """All objects of a kind that this person may see."""
        found = await self.live.all(kind)
        if kind.kind in self.live.model.hidden or self.live.following.reach(kind) == "forbidden":
            self.hidden.append(kind.plural)
        return found

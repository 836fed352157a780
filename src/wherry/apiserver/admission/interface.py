"""What an admission plugin is: the rule, what it sees, what it may use.

A plugin sees an object after its defaults are filled in and before it is validated. It may complete
`attributes.object` in place, add warnings, or refuse by raising a StatusError.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.request import UserInfo
from wherry.kit.clock import Clock
from wherry.store.interface import Store

Operation = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass(slots=True)
class Attributes:
    """What is about to happen. `object` is the object as it will be stored; `old` the one before.

    For a DELETE `object` is the object as it is kept while its deletion is pending. `afterwards` is
    called when the write is done or has failed.
    """

    operation: Operation
    resource: AnyResourceType
    namespace: str
    name: str
    user: UserInfo
    object: Document
    old: Document | None = None
    dry_run: bool = False
    warnings: list[str] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)


class AdmissionPlugin(Protocol):
    """One rule. `resources` are (group, plural) pairs; an empty set means all."""

    name: str
    operations: frozenset[Operation]
    resources: frozenset[tuple[str, str]]

    async def admit(self, attributes: Attributes) -> None:
        """Complete or refuse."""


@dataclass(frozen=True, slots=True)
class AdmissionEnvironment:
    """What plugins may use. `writes` counts what was written to each (group, plural), so that they may cache."""

    store: Store
    clock: Clock
    random: Random
    service_cidr: str
    writes: Counter[tuple[str, str]] = field(default_factory=Counter)


class AdmissionChain:
    """Runs, in order, the plugins that care about an object."""

    def __init__(self, plugins: tuple[AdmissionPlugin, ...]) -> None:
        """`plugins` in the order in which they run."""
        self._plugins = plugins
        self._chosen: dict[tuple[Operation, str, str], tuple[AdmissionPlugin, ...]] = {}

    async def admit(self, attributes: Attributes) -> None:
        """Let every plugin that is concerned complete or refuse the object."""
        where = (attributes.operation, attributes.resource.group, attributes.resource.plural)
        plugins = self._chosen.get(where)
        if plugins is None:
            plugins = self._chosen[where] = tuple(
                plugin
                for plugin in self._plugins
                if where[0] in plugin.operations and (not plugin.resources or where[1:] in plugin.resources)
            )
        for plugin in plugins:
            await plugin.admit(attributes)

"""What an admission plugin is: the rule, what it sees, what it may use.

A request passes the chain twice. First every mutating plugin (`admit`) may complete the object, after its
defaults are filled in and before it is validated. Then, when the object is known to be well-formed, every
validating plugin (`validate`) may refuse it. A plugin may be both. Refusing is raising a StatusError.

    CREATE   an object, or an order to a subresource (pods/binding, pods/eviction, serviceaccounts/token)
    UPDATE   an object or a part of it (status, scale, resize, ephemeralcontainers, finalize)
    DELETE   an object; each one of a collection by itself
    CONNECT  a stream or a proxy (pods/exec, pods/attach, pods/portforward, nodes/proxy ...)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol, runtime_checkable

from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.authorization.authorizers import Authorizers
from wherry.apiserver.options import DeleteOptions, WriteOptions
from wherry.apiserver.request import UserInfo
from wherry.kit.clock import Clock
from wherry.store.interface import Store

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]

ITSELF = frozenset({""})
"""The `subresources` of a plugin that cares about whole objects only."""


@dataclass(slots=True)
class Attributes:
    """What is about to happen. `object` is the object as it will be stored; `old` the one before.

    For a DELETE `object` is the object as it is kept while its deletion is pending and `old` the object as it
    is now. For an order to a subresource and for a CONNECT `object` is what was sent (a Binding, an Eviction,
    PodExecOptions), and `resource` is the kind that the path names.

    `afterwards` is called when the write is done or has failed; `stored_revision` then says which revision it
    made (0: none). `take_back` is awaited before that when the write has failed: for what a plugin has written.
    """

    operation: Operation
    resource: AnyResourceType
    namespace: str
    name: str
    user: UserInfo
    object: Document
    old: Document | None = None
    subresource: str = ""
    options: WriteOptions | DeleteOptions | None = None
    dry_run: bool = False
    warnings: list[str] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    take_back: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    stored_revision: int = 0


class AdmissionPlugin(Protocol):
    """One rule, and where it applies.

    `resources` are (group, plural) pairs; an empty set means all. `subresources` are their names, "" for the
    object itself; an empty set means all.
    """

    name: str
    operations: frozenset[Operation]
    resources: frozenset[tuple[str, str]]
    subresources: frozenset[str]


@runtime_checkable
class MutatingPlugin(AdmissionPlugin, Protocol):
    """A rule that may complete the object, and refuse it."""

    async def admit(self, attributes: Attributes) -> None:
        """Complete `attributes.object` in place, or refuse."""


@runtime_checkable
class ValidatingPlugin(AdmissionPlugin, Protocol):
    """A rule that may only refuse the object, when all have completed it."""

    async def validate(self, attributes: Attributes) -> None:
        """Refuse, or do nothing."""


@dataclass(frozen=True, slots=True)
class AdmissionEnvironment:
    """What plugins may use. `writes` counts what was written to each (group, plural), so that they may cache."""

    store: Store
    clock: Clock
    random: Random
    service_cidr: str
    authorizer: Authorizers
    catalog: Catalog = field(default_factory=Catalog)
    writes: Counter[tuple[str, str]] = field(default_factory=Counter)

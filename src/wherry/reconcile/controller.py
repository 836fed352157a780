"""What a controller is: a name, what it watches, and a pure plan.

    REPLICA_SET_CONTROLLER = Controller(
        name="replicaset-controller",
        sources=(for_kind(REPLICA_SETS), owned_by(PODS, REPLICA_SETS)),
        plan=plan,
    )

`plan(key, view)` reads listers through the View and returns actions. It is level-based: it looks at
what is, not at what happened, so lost or doubled events change nothing. The runner applies the actions,
waits until the caches have seen its own writes, and plans the key again when anything changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import msgspec

from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.reconcile.actions import Action

T = TypeVar("T", bound=msgspec.Struct)
T_co = TypeVar("T_co", bound=msgspec.Struct, covariant=True)


class Lister(Protocol[T_co]):
    """A read-only, always current copy of all objects of one kind."""

    def get(self, namespace: str, name: str) -> T_co | None:
        """The object, or None."""

    def list(self, namespace: str = "") -> Iterable[T_co]:
        """All objects, or those of one namespace."""

    def owned_by(self, uid: str) -> Iterable[T_co]:
        """Those that have an ownerReference with this uid; for "" those that have no controller (in any namespace)."""


class View(Protocol):
    """The facts that a plan may use: caches and the time."""

    @property
    def now_s(self) -> float:
        """Wall-clock seconds since 1970."""

    @property
    def monotonic_s(self) -> float:
        """Seconds that only move forward; for how long something has lasted."""

    @property
    def custom_kinds(self) -> Sequence[AnyResourceType]:
        """The kinds that users have declared, for controllers that have said how these concern them."""

    def lister(self, resource: ResourceType[T]) -> Lister[T]:
        """The copy of a kind; the kind must occur in the controller's sources or `reads`."""

    def revision(self, resource: AnyResourceType) -> int:
        """Up to which revision of the store that copy shows everything."""


def every_change(old: msgspec.Struct | None, new: msgspec.Struct | None) -> bool:
    """Any change matters."""
    return True


@dataclass(frozen=True, slots=True)
class Source:
    """Which changes concern which keys: a kind, and how its objects map to keys to plan.

    Made by the functions of reconcile/sources.py. `matters(old, new)` may say that a change (old None:
    new there; new None: gone) concerns nobody.
    """

    resource: AnyResourceType
    keys: Callable[[msgspec.Struct, View], Iterable[ObjectKey]]
    matters: Callable[[msgspec.Struct | None, msgspec.Struct | None], bool] = every_change


@dataclass(frozen=True, slots=True)
class Controller:
    """One loop of the masters.

    `primary` is the kind whose keys are planned (Events are about its objects); `sources` say what
    triggers a plan; `reads` are kinds that the plan looks at without being triggered by them. `custom` makes
    the source for a kind that a user declares while the controller runs; `custom_affects` names keys of other
    objects that have to be looked at when such a kind has come.
    """

    name: str
    primary: AnyResourceType
    sources: tuple[Source, ...]
    plan: Callable[[ObjectKey, View], Sequence[Action]]
    reads: tuple[AnyResourceType, ...] = field(default=())
    workers: int = 4
    custom: Callable[[AnyResourceType], Source] | None = None
    custom_affects: Callable[[AnyResourceType, View], Iterable[ObjectKey]] | None = None

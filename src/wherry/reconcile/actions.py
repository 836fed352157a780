"""What a planner may decide. Every decision says why, in words that a person can read.

Planners return actions and do nothing; reconcile/apply.py performs them. The `why` becomes the
journal's line (the story), and, where `event` is set, the message of a Kubernetes Event about the
object under reconcile (or about `about`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType


@dataclass(frozen=True, slots=True)
class EventNote:
    """The Kubernetes Event that goes with an action once it has succeeded.

    `reason` is upstream's UpperCamel word (SuccessfulCreate, Killing ...). `message` may contain
    `{name}`, which becomes the name of the object acted on, and in a `failed_event` `{error}`; "" means
    the action's `why`.
    """

    reason: str
    message: str = ""
    type: Literal["Normal", "Warning"] = "Normal"


@dataclass(frozen=True, slots=True)
class LiveObject:
    """One object to be looked up at the API server itself: this kind, this place, this uid ("": any).

    With the name "" any object of the kind in the namespace is meant.
    """

    resource: AnyResourceType
    namespace: str
    name: str = ""
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Create:
    """Create an object. `document` is whole (metadata.generateName allowed).

    That it exists already is success when `exists_ok`. When it is refused, `on_failure(error)` is
    performed: the place for a condition that says so.
    """

    resource: AnyResourceType
    namespace: str
    document: Document
    why: str
    event: EventNote | None = None
    failed_event: EventNote | None = None
    exists_ok: bool = False
    on_failure: Callable[[str], PatchStatus] | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """Change some fields of an object by a JSON merge patch (null removes).

    `resource_version` makes it conditional: when the object has changed since, the key is planned again.
    """

    resource: AnyResourceType
    namespace: str
    name: str
    patch: Document
    why: str
    subresource: str = ""
    resource_version: str = ""
    event: EventNote | None = None


@dataclass(frozen=True, slots=True)
class PatchStatus:
    """Bring an object's status from `old` to `new`; nothing is sent when they are equal.

    Both are the status Structs of the kind. Only the differing fields travel.
    """

    resource: AnyResourceType
    namespace: str
    name: str
    old: msgspec.Struct
    new: msgspec.Struct
    why: str
    resource_version: str = ""
    event: EventNote | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Replace an object, or what lies below it, by `document`: for what takes no patch (namespaces/finalize).

    `unless` as in Delete.
    """

    resource: AnyResourceType
    namespace: str
    document: Document
    why: str
    subresource: str = ""
    unless: tuple[LiveObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an object; that it is gone already is success. `uid` guards against a namesake.

    `unless` are asked for at the API server first: when one of them does exist, nothing is deleted and
    the key is planned again. For deletions that must not trust a cache.
    """

    resource: AnyResourceType
    namespace: str
    name: str
    why: str
    uid: str = ""
    grace_period_s: int | None = None
    propagation: Literal["", "Orphan", "Background", "Foreground"] = ""
    event: EventNote | None = None
    failed_event: EventNote | None = None
    unless: tuple[LiveObject, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteCollection:
    """Delete every object of a kind in a namespace."""

    resource: AnyResourceType
    namespace: str
    why: str


@dataclass(frozen=True, slots=True)
class Perform:
    """Do something outside the API, such as removing a directory: an idempotent function given to the controller.

    `resource`, `namespace` and `name` say on whose behalf; `unless` as in Delete.
    """

    do: Callable[[], Awaitable[None]]
    resource: AnyResourceType
    namespace: str
    name: str
    why: str
    unless: tuple[LiveObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Emit:
    """Say something about the object under reconcile, as an Event, and change nothing."""

    event: EventNote
    why: str


@dataclass(frozen=True, slots=True)
class Requeue:
    """Look at this object again after `after_s` seconds even if nothing happens."""

    after_s: float
    why: str


Action = Create | Patch | PatchStatus | Update | Delete | DeleteCollection | Perform | Emit | Requeue

"""A cluster in a dictionary: performs the actions of a plan as the API server would, without one.

For tests of planners: run a plan, perform it, let the test play the other controllers and the node.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec
import orjson

from wherry.api.documents import find, section, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.patch.merge_patch import apply_merge_patch, create_merge_patch
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.apimachinery.timestamps import format_time
from wherry.reconcile.actions import Action, Create, Delete, Emit, Patch, PatchStatus, Requeue
from wherry.reconcile.controller import Lister, View

T = TypeVar("T", bound=msgspec.Struct)

START_S = 1_795_417_200.0  # 2026-11-23T07:00:00Z


class PlannedLister(Lister[T]):
    """All objects of one kind, as they are now."""

    def __init__(self, world: PlannedWorld, resource: ResourceType[T]) -> None:
        self._world = world
        self._resource = resource

    def get(self, namespace: str, name: str) -> T | None:
        document = self._world.objects.get((self._resource.kind, namespace, name))
        return None if document is None else self._resource.from_document(document)

    def list(self, namespace: str = "") -> Iterable[T]:
        return [self._resource.from_document(one) for one in self._world.of_kind(self._resource.kind)]

    def owned_by(self, uid: str) -> Iterable[T]:
        return [
            self._resource.from_document(one)
            for one in self._world.of_kind(self._resource.kind)
            if any(owner["uid"] == uid for owner in find(one, "metadata", "ownerReferences") or [])  # type: ignore[attr-defined]
        ]


class PlannedWorld(View):
    """Objects by kind, namespace and name; every write is checked by the kind's own rules."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Document] = {}
        self.time_s = START_S
        self.events: list[str] = []
        self.requeue_after_s: float | None = None
        self._serial = 0

    @property
    def now_s(self) -> float:
        return self.time_s

    @property
    def monotonic_s(self) -> float:
        return self.time_s

    @property
    def custom_kinds(self) -> Sequence[AnyResourceType]:
        return ()

    def lister(self, resource: ResourceType[T]) -> Lister[T]:
        return PlannedLister(self, resource)

    def revision(self, resource: AnyResourceType) -> int:
        return 0

    def of_kind(self, kind: str) -> list[Document]:
        return [document for key, document in self.objects.items() if key[0] == kind]

    def create(self, resource: AnyResourceType, document: Document) -> Document:
        """Store a new object; the user's or a plan's."""
        document = copy.deepcopy(document)
        self._serial += 1
        metadata = section(document, "metadata")
        if not metadata.get("name"):
            metadata["name"] = f"{text(metadata, 'generateName')}{self._serial}"
        key = (resource.kind, text(metadata, "namespace"), text(metadata, "name"))
        assert key not in self.objects, f"{key} exists"
        metadata |= {"uid": f"uid-{self._serial}", "resourceVersion": str(self._serial), "generation": 1}
        metadata["creationTimestamp"] = format_time(self.time_s)
        resource.default(document)
        resource.prepare(document, None)
        resource.settle(document)
        errors = resource.validate(document, None)
        assert errors == [], [str(error) for error in errors]
        self.objects[key] = document
        return document

    def patch(self, resource: AnyResourceType, namespace: str, name: str, patch: Document) -> None:
        """Merge into an object, if it is still there."""
        old = self.objects.get((resource.kind, namespace, name))
        if old is None:
            return
        new = apply_merge_patch(old, patch)
        resource.default(new)
        errors = resource.validate(new, old)
        assert errors == [], [str(error) for error in errors]
        self._serial += 1
        metadata = section(new, "metadata")
        metadata["resourceVersion"] = str(self._serial)
        if new.get("spec") != old.get("spec"):
            metadata["generation"] = int(str(metadata.get("generation", 0))) + 1
        self.objects[(resource.kind, namespace, name)] = new
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers") and self.is_gone(new):
            del self.objects[(resource.kind, namespace, name)]

    def is_gone(self, document: Document) -> bool:
        """Whether an object that is being deleted may vanish as soon as nobody holds it."""
        return True

    def delete(self, resource: AnyResourceType, namespace: str, name: str) -> None:
        """Remove an object, or mark it where a finalizer holds it."""
        document = self.objects.get((resource.kind, namespace, name))
        if document is None:
            return
        if find(document, "metadata", "finalizers"):
            section(document, "metadata")["deletionTimestamp"] = format_time(self.time_s)
        else:
            del self.objects[(resource.kind, namespace, name)]

    def perform(self, actions: Sequence[Action]) -> int:
        """Do what a plan decided; returns how many actions would change something."""
        changes = 0
        self.requeue_after_s = None
        for action in actions:
            match action:
                case Create():
                    name = text(section(self.create(action.resource, action.document), "metadata"), "name")
                case Patch():
                    name = action.name
                    self.patch(action.resource, action.namespace, action.name, action.patch)
                case PatchStatus():
                    name = action.name
                    patch = create_merge_patch(as_document(action.old), as_document(action.new))
                    self.patch(action.resource, action.namespace, action.name, {"status": patch})
                case Delete():
                    name = action.name
                    self.delete(action.resource, action.namespace, action.name)
                case Emit():
                    name = ""
                case Requeue():
                    after_s = action.after_s
                    self.requeue_after_s = min(after_s, self.requeue_after_s or after_s)
                    continue
                case _:
                    raise AssertionError(action)
            changes += 1
            event = action.event
            if event is not None:
                self.events.append(f"{event.reason}: {(event.message or action.why).replace('{name}', name)}")
        return changes

    def settle(
        self, plan: Callable[[ObjectKey, View], Sequence[Action]], key: ObjectKey, *, rounds_max: int = 50
    ) -> None:
        """Plan and perform until the plan changes nothing."""
        for _ in range(rounds_max):
            if not self.perform(plan(key, self)):
                return
        raise AssertionError(f"no end after {rounds_max} rounds: {plan(key, self)}")


def as_document(struct: msgspec.Struct) -> Document:
    """A Struct as it goes over the wire."""
    document: Document = orjson.loads(msgspec.json.encode(struct))
    return document

"""Watches the definitions and keeps the catalog as they say.

Who serves the kinds must be the one who adds them: so this part of the API server reads the store itself. A
definition's life: it is stored; its names are accepted or clash with another's (the status says so); once
established it is served, in all its versions, from the same turn of the loop on; when it is deleted it is served
until the last of its objects is gone (controllers/custom_resources.py sees to that), and then no more.

Source: kubernetes apiextensions-apiserver, pkg/controller; see docs/decisions/0014.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace

import msgspec
import orjson

from wherry.api.apiextensions.customresourcedefinition import (
    CLEANUP_FINALIZER,
    CUSTOM_RESOURCE_DEFINITIONS,
    CustomResourceDefinition,
    CustomResourceDefinitionStatus,
    is_true,
)
from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Conflict, NotFound, StatusError
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.custom_resources.api_services import CustomApiServices
from wherry.apiserver.custom_resources.finalizer import finalize, own_request
from wherry.apiserver.custom_resources.names import plan_status
from wherry.apiserver.custom_resources.serving import resource_types_of
from wherry.apiserver.generic_store import GenericStore
from wherry.apiserver.wire import mapping_in, name_in, prefix_of
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope
from wherry.store.interface import Compacted, StoreBroken

log = get_logger(__name__)
_decode = msgspec.json.Decoder(CustomResourceDefinition).decode


@dataclass(frozen=True, slots=True)
class Known:
    """A definition as last seen, and the kinds that are served because of it."""

    definition: CustomResourceDefinition
    revision: int
    served: tuple[AnyResourceType, ...] = ()
    # What the served kinds were made from; a status that tells nothing new makes no new ones.
    made_from: tuple[object, ...] = ()


class CustomResources:
    """The kinds that users have declared."""

    def __init__(self, objects: GenericStore, catalog: Catalog, clock: Clock) -> None:
        """Adds to `catalog`; kinds that are in it already are not to be shadowed."""
        self._objects = objects
        self._catalog = catalog
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._built_in = {(resource.group, resource.version) for resource in catalog}
        self._revision = 0
        # Groups in which something has changed: only there can a name be taken or given up.
        self._changed: set[str] = set()
        self._finalizing: dict[str, asyncio.Task[None]] = {}
        self._prefix = prefix_of(CUSTOM_RESOURCE_DEFINITIONS)
        self._api_services = CustomApiServices(objects, catalog)

    async def load(self) -> None:
        """Serve what is declared now."""
        page = await self._objects.store.list(self._prefix)
        found = {name_in(item.key): item for item in page.items}
        for name in [name for name in self._known if name not in found]:
            self._forget(name)
        for name, item in found.items():
            self._see(name, item.value, item.revision)
        self._revision = page.revision
        await self._settle()

    async def run(self) -> None:
        """Follow the definitions for as long as the server runs; `load` comes before."""
        async with TaskScope("custom-resources") as scope:
            await self._follow(scope)

    async def _follow(self, scope: TaskScope) -> None:
        while True:
            self._start_finalizing(scope)
            watch = None
            try:
                watch = self._objects.store.watch(self._prefix, after_revision=self._revision)
                async for events in watch:
                    for event in events:
                        if event.value is None:
                            self._forget(name_in(event.key))
                        else:
                            self._see(name_in(event.key), event.value, event.revision)
                    self._revision = watch.revision
                    await self._settle()
                    self._start_finalizing(scope)
                return
            except Compacted:
                await self.load()
            finally:
                if watch is not None:
                    watch.close()

    def _start_finalizing(self, scope: TaskScope) -> None:
        """Empty the kinds whose definitions are being deleted, each beside the others."""
        for name, known in self._known.items():
            meta = known.definition.metadata
            if meta.is_being_deleted and CLEANUP_FINALIZER in meta.finalizers and name not in self._finalizing:
                task = scope.start(f"finalize {name}", self._finalize(known.definition))
                self._finalizing[name] = task
                task.add_done_callback(lambda _, name=name: self._finalizing.pop(name, None))  # type: ignore[misc] # the default binds the name

    async def _finalize(self, definition: CustomResourceDefinition) -> None:
        try:
            await finalize(self._objects, self._clock, definition)
        except (StatusError, StoreBroken) as error:
            log.error("Could not empty a kind", definition=definition.metadata.name, err=str(error))

    def _see(self, name: str, value: bytes, revision: int) -> None:
        known = self._known.get(name)
        if known is not None and known.revision >= revision:
            return
        definition = _decode(value)
        self._changed.add(definition.spec.group)
        made_from = (
            definition.metadata.uid,
            definition.status.accepted_names,
            is_true(definition, "Established"),
            _digest_of_spec(value),
        )
        is_going = definition.metadata.is_being_deleted
        is_same = known is not None and known.made_from == made_from
        if known is not None and is_same and known.definition.metadata.is_being_deleted == is_going:
            self._known[name] = Known(definition, revision, known.served, made_from)
            return
        served = known.served if known is not None else ()
        resources = resource_types_of(definition, orjson.loads(value)) if is_true(definition, "Established") else []
        resources = [each for each in resources if (each.group, each.version) not in self._built_in]
        if is_same:
            # What is on its way out is watched until the end.
            ends = {each.version: each.retirement for each in served}
            resources = [replace(each, retirement=ends.get(each.version)) for each in resources]
        now = {(each.version, each.plural) for each in resources}
        for resource in served:
            if (resource.version, resource.plural) not in now:
                self._catalog.remove(resource.group, resource.version, resource.plural)
        for resource in resources:
            self._catalog.add(resource)
        self._known[name] = Known(definition, revision, tuple(resources), made_from)
        if not is_same:
            _retire(served)

    def _forget(self, name: str) -> None:
        known = self._known.pop(name, None)
        if known is None:
            return
        self._changed.add(known.definition.spec.group)
        for resource in known.served:
            self._catalog.remove(resource.group, resource.version, resource.plural)
        _retire(known.served)

    async def _settle(self) -> None:
        """Write the statuses that should be other than they are, one after another: who is first has the name."""
        while self._changed:
            group = self._changed.pop()
            names = [name for name, known in self._known.items() if known.definition.spec.group == group]
            for name in sorted(names, key=lambda each: self._known[each].definition.metadata.creation_timestamp):
                known = self._known.get(name)
                if known is not None and self._wanted(known.definition) != known.definition.status:
                    await self._write(name)
        await self._api_services.tell()

    def _wanted(self, definition: CustomResourceDefinition) -> CustomResourceDefinitionStatus:
        group = definition.spec.group
        others = [each.definition for each in self._known.values() if each.definition.spec.group == group]
        return plan_status(definition, others, self._clock.now_s())

    async def _write(self, name: str) -> None:
        request = own_request("update", CUSTOM_RESOURCE_DEFINITIONS, "", name)

        def change(document: Document) -> Document:
            current = msgspec.convert(document, CustomResourceDefinition)
            status: Document = msgspec.to_builtins(self._wanted(current))
            document["status"] = {**mapping_in(document, "status"), **status}
            return document

        try:
            item = await self._objects.update(request, change, is_status=True, skip_checks=True)
        except (NotFound, Conflict):
            # It is gone, or changes faster than we write: the next event tells.
            return
        except StoreBroken as error:
            log.error("Could not tell a definition's state", definition=name, err=str(error))
            return
        self._see(name, item.value, item.revision)


class _Spec(msgspec.Struct):
    spec: msgspec.Raw = msgspec.Raw()


_spec_decoder = msgspec.json.Decoder(_Spec)


def _digest_of_spec(value: bytes) -> bytes:
    """Tells specs apart; the generation does not, since being deleted raises it too."""
    return hashlib.blake2b(_spec_decoder.decode(value).spec, digest_size=16).digest()


def _retire(resources: tuple[AnyResourceType, ...]) -> None:
    for resource in resources:
        if resource.retirement is not None:
            resource.retirement.end()

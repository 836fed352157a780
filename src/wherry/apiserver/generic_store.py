"""Objects in the store, all kinds alike: default, prepare, admit, validate, store, answer.

    create   schema -> stamp -> default -> prepare -> admit -> settle -> check -> put(expected 0)
    update   get -> change -> schema -> carry over -> default -> prepare -> admit -> check -> put(expected n)
    delete   get -> preconditions -> admit -> mark (finalizers, grace) or remove

Admission plugins complete the object (admit), the kind's rules are applied to it, and then admission
plugins may still refuse it; both together are the check.

Whoever loses a race against another writer starts again from the newest state, unless the client
has named the resourceVersion that it saw: then it gets the conflict. Every answer is a KeyValue, so
that handlers splice the stored bytes; a dry run answers one that was never stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import msgspec

from wherry.api.object_meta import validate_object_meta
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import (
    BadRequest,
    already_exists,
    conflict,
    invalid,
    modified,
    not_found,
)
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType, Part
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver import lifecycle
from wherry.apiserver.admission.chain import AdmissionChain
from wherry.apiserver.admission.interface import Attributes
from wherry.apiserver.options import PLAIN_WRITE, DeleteOptions, WriteOptions
from wherry.apiserver.own_words import TOO_MANY_WRITERS
from wherry.apiserver.ownership import (
    MANAGED_FIELDS,
    FindKind,
    is_unchanged,
    manager_of,
    own_created,
    own_updated,
    put_entries,
)
from wherry.apiserver.request import ApiRequest, user_document
from wherry.apiserver.signing import sign
from wherry.apiserver.strictness import check_schema, check_status_schema, fill_zeros, missing_fields, warn_unacted
from wherry.apiserver.wire import (
    document_from_item,
    key_of,
    list_in,
    mapping_in,
    metadata_of,
    refuse_hopeless,
    text_in,
    value_from_document,
)
from wherry.kit.clock import Clock
from wherry.kit.ids import name_suffix
from wherry.store.interface import KeyExists, KeyValue, RevisionConflict, Store

# Names are 27**5 to 1; like upstream, eight collisions in a row mean that something is wrong.
GENERATE_ATTEMPTS_MAX = 8
GENERATED_BASE_MAX = 58
# Every lost race means that somebody else made progress; this many in a row mean a fight.
RACES_MAX = 100

Change = Callable[[Document], Document]


class GenericStore:
    """Creates, changes and deletes API objects of any kind."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random: Random,
        admission: AdmissionChain,
        writes: Counter[tuple[str, str]],
        *,
        find_kind: FindKind = lambda group, version, kind: None,
    ) -> None:
        """Writes to `store` what `admission` lets through, and counts in `writes` by (group, plural).

        Args:
            find_kind: the other versions of kinds, in which somebody else may own fields.
        """
        self.find_kind = find_kind
        self.store = store
        self._clock = clock
        self._random = random
        self._admission = admission
        self._writes = writes

    async def get(self, resource: AnyResourceType, namespace: str, name: str) -> KeyValue:
        """The stored object. Raises NotFound."""
        item = await self.store.get(key_of(resource, namespace, name))
        if item is None:
            raise not_found(resource.plural, resource.group, name)
        return item

    async def create(self, request: ApiRequest, document: Document, options: WriteOptions = PLAIN_WRITE) -> KeyValue:
        """Store a new object; `document` becomes the store's to change."""
        resource = request.target
        document, missing = check_schema(resource, document, options, request.warnings)
        refuse_hopeless(request.http.body, document)
        warn_unacted(resource, document, None, options, request.warnings)
        metadata = metadata_of(document)
        owners = metadata.get(MANAGED_FIELDS) if options.brings_owners else None
        lifecycle.stamp_created(resource, document, request.namespace, self._clock.now_s())
        base = text_in(metadata, "generateName")
        is_generated = not metadata.get("name") and bool(base)
        for _ in range(GENERATE_ATTEMPTS_MAX):
            if is_generated:
                metadata["name"] = base[:GENERATED_BASE_MAX] + name_suffix(self._random)
            try:
                return await self._create_named(request, document, owners, missing, options)
            except KeyExists:
                if not is_generated:
                    break
        raise already_exists(resource.plural, resource.group, text_in(metadata, "name"))

    async def _create_named(
        self, request: ApiRequest, document: Document, owners: object, missing: list[str], options: WriteOptions
    ) -> KeyValue:
        resource = request.target
        name = text_in(metadata_of(document), "name")
        _fill_in(resource, document, missing)
        if options.brings_owners:
            put_entries(metadata_of(document), owners)
        else:
            own_created(request, document, options, self._now())
        resource.prepare(document, None)
        if resource.stamp_requester is not None:
            resource.stamp_requester(document, user_document(request.user))
        attributes = Attributes(
            operation="CREATE",
            resource=resource,
            namespace=request.namespace,
            name=name,
            user=request.user,
            object=document,
            options=options,
            dry_run=options.dry_run,
            warnings=request.warnings,
        )
        try:
            await self._admission.admit(attributes)
            resource.settle(document)
            _validate(resource, document, None, missing)
            await self._admission.validate(attributes)
            _warn(request, resource.warn(document, None))
            key = key_of(resource, request.namespace, name)
            value = value_from_document(resource, document)
            if options.dry_run:
                found = await self.store.get(key)
                if found is not None:
                    raise KeyExists(found)
                return KeyValue(key, value, 0, 0)
            stored = await self.store.put(
                key, value, expected_revision=0, signature=sign(request, manager_of(request, options))
            )
            attributes.stored_revision = stored.revision
            return stored
        finally:
            await self._finish(attributes)

    async def update(
        self,
        request: ApiRequest,
        change: Change,
        options: WriteOptions = PLAIN_WRITE,
        *,
        is_status: bool = False,
        skip_checks: bool = False,
    ) -> KeyValue:
        """Replace an object by what `change` makes of it; `change` may run several times.

        Args:
            change: gets the whole object (its own copy) and returns the new one. A resourceVersion other
                than the current one in the result is a conflict.
            is_status: the change is to the status; otherwise the status stays as it is.
            skip_checks: the change is the server's own (binding, finalize): no schema, no validation.
        """
        resource = request.target
        told = len(request.warnings)
        for _ in range(RACES_MAX):
            del request.warnings[told:]
            current = await self.get(resource, request.namespace, request.name)
            old = document_from_item(resource, current)
            new = change(document_from_item(resource, current))
            missing: list[str] = []
            if not skip_checks:
                check = check_status_schema if is_status and resource.validate_status else check_schema
                new, missing = check(resource, new, options, request.warnings)
                refuse_hopeless(request.http.body, new)
                if not is_status:
                    warn_unacted(resource, new, old, options, request.warnings)
            named_revision = text_in(metadata_of(new), "resourceVersion")
            if named_revision and named_revision != str(current.revision):
                raise modified(resource.plural, resource.group, request.name)
            written = await self._replace(request, current, new, old, missing, options, is_status, skip_checks)
            if written is not None:
                return written
        raise conflict(resource.plural, resource.group, request.name, TOO_MANY_WRITERS)

    async def _replace(
        self,
        request: ApiRequest,
        current: KeyValue,
        new: Document,
        old: Document,
        missing: list[str],
        options: WriteOptions,
        is_status: bool,
        skip_checks: bool,
    ) -> KeyValue | None:
        """Write `new` over `current`; None if somebody else was faster."""
        resource = request.target
        owners = metadata_of(new).get(MANAGED_FIELDS)
        part = resource.part(request.subresource)
        status_alone = is_status and resource.validate_status is not None
        lifecycle.carry_over(resource, new, old)
        if resource.has_status and not is_status:
            lifecycle.keep_status(new, old)
        attributes = Attributes(
            operation="UPDATE",
            resource=resource,
            namespace=request.namespace,
            name=request.name,
            user=request.user,
            object=new,
            old=old,
            subresource=request.subresource,
            options=options,
            dry_run=options.dry_run,
            warnings=request.warnings,
        )
        try:
            if not skip_checks:
                _fill_in(resource, new, missing, status_alone=status_alone)
            if options.brings_owners:
                put_entries(metadata_of(new), owners)
            else:
                own_updated(request, new, old, owners, options, self._now(), self.find_kind)
            if not skip_checks:
                if not is_status and part is None:
                    resource.prepare(new, old)
                await self._admission.admit(attributes)
            if resource.tracks_generation and not is_status:
                lifecycle.raise_generation(resource, new, old)
            if not skip_checks:
                _validate(resource, new, old, missing, part, status_alone=status_alone)
                await self._admission.validate(attributes)
                if not is_status:
                    _warn(request, resource.warn(new, old))
            value = value_from_document(resource, new)
            if lifecycle.is_finished(new) and not options.dry_run:
                removed = await self._remove(current, request)
                attributes.stored_revision = removed.revision
                return removed
            if options.dry_run:
                attributes.stored_revision = current.revision
                return KeyValue(current.key, value, current.revision, current.created_revision)
            if value == current.value or is_unchanged(new, old):
                attributes.stored_revision = current.revision
                return current
            signature = sign(request, manager_of(request, options))
            stored = await self.store.put(current.key, value, expected_revision=current.revision, signature=signature)
            attributes.stored_revision = stored.revision
            return stored
        except RevisionConflict:
            return None
        finally:
            await self._finish(attributes)

    async def delete(self, request: ApiRequest, options: DeleteOptions) -> tuple[KeyValue, bool]:
        """Delete an object, or mark it when it must stay a while.

        Returns: the object as it was last or is now, and whether it is gone.
        """
        resource = request.target
        if resource.propagation_warning and not options.propagation:
            _warn(request, [resource.propagation_warning])
        for _ in range(RACES_MAX):
            current = await self.get(resource, request.namespace, request.name)
            document = document_from_item(resource, current)
            _check_preconditions(resource, document, current, options)
            attributes = Attributes(
                operation="DELETE",
                resource=resource,
                namespace=request.namespace,
                name=request.name,
                user=request.user,
                object=document,
                old={**document, "metadata": {**metadata_of(document)}},
                options=options,
                dry_run=options.dry_run,
                warnings=request.warnings,
            )
            try:
                await self._admission.admit(attributes)
                await self._admission.validate(attributes)
                resource.prepare_deletion(document)
                if self._mark(resource, document, options):
                    if options.dry_run:
                        return current, True
                    return await self._remove(current, request), True
                value = value_from_document(resource, document)
                if options.dry_run or value == current.value:
                    return KeyValue(current.key, value, current.revision, current.created_revision), False
                signature = sign(request, manager_of(request, PLAIN_WRITE))
                marked = await self.store.put(
                    current.key, value, expected_revision=current.revision, signature=signature
                )
                return marked, False
            except RevisionConflict:
                continue
            finally:
                await self._finish(attributes)
        raise conflict(resource.plural, resource.group, request.name, TOO_MANY_WRITERS)

    def _mark(self, resource: AnyResourceType, document: Document, options: DeleteOptions) -> bool:
        """Mark a deletion in place; True if the object can go at once."""
        metadata = metadata_of(document)
        lifecycle.set_propagation(metadata, options.propagation or _unsaid_propagation(resource, metadata))
        is_marked = "deletionTimestamp" in metadata
        grace_s = 0
        if resource.graceful_delete_s is not None:
            grace_s = resource.graceful_delete_s(document, options.grace_period_s)
        if is_marked:
            pending_s = metadata.get("deletionGracePeriodSeconds")
            pending_s = pending_s if isinstance(pending_s, int) else 0
            # A second deletion may shorten the wait, never lengthen it.
            if options.grace_period_s is None or grace_s >= pending_s:
                grace_s = pending_s
        if not grace_s and not lifecycle.finalizers_of(document):
            return True
        if not is_marked or metadata.get("deletionGracePeriodSeconds") != grace_s:
            if not is_marked:
                lifecycle.bump_generation(metadata)
            lifecycle.mark_deleted(metadata, grace_s, self._clock.now_s())
        return False

    def _now(self) -> str:
        return format_time(self._clock.now_s())

    async def _finish(self, attributes: Attributes) -> None:
        self._writes[attributes.resource.group, attributes.resource.plural] += 1
        if not attributes.stored_revision:
            for take_back in attributes.take_back:
                await take_back()
        for call in attributes.afterwards:
            call()

    async def _remove(self, current: KeyValue, request: ApiRequest) -> KeyValue:
        signature = sign(request, manager_of(request, PLAIN_WRITE))
        revision = await self.store.delete(current.key, expected_revision=current.revision, signature=signature)
        return KeyValue(current.key, current.value, revision, current.created_revision)


def _fill_in(resource: AnyResourceType, document: Document, missing: list[str], *, status_alone: bool = False) -> None:
    """Write, in place, what stands where nothing was said."""
    if not status_alone:
        resource.default(document)
    if missing:
        fill_zeros(resource, document, missing)


def _warn(request: ApiRequest, warnings: list[str]) -> None:
    request.warnings.extend(warning for warning in warnings if warning not in request.warnings)


def _unsaid_propagation(resource: AnyResourceType, metadata: Document) -> str:
    """What a deletion that does not say so does about the dependents; "" where that is the usual thing."""
    is_usual = resource.default_propagation == "Background"
    decided = set(lifecycle.PROPAGATION_FINALIZERS) & set(list_in(metadata, "finalizers"))
    return "" if is_usual or decided or "deletionTimestamp" in metadata else resource.default_propagation


def _validate(
    resource: AnyResourceType,
    new: Document,
    old: Document | None,
    missing: list[str],
    part: Part | None = None,
    *,
    status_alone: bool = False,
) -> None:
    """Raise Invalid with all that is wrong with the object; `missing` are required fields that its writer left out."""
    try:
        meta = msgspec.convert(new["metadata"], ObjectMeta)
        old_meta = msgspec.convert(old["metadata"], ObjectMeta) if old is not None else None
        errors = validate_object_meta(meta, old_meta, namespaced=resource.namespaced, name_rule=resource.name_rule)
        if part is not None and old is not None:
            errors += part.validate(new, old)
        elif status_alone and old is not None and resource.validate_status is not None:
            errors += resource.validate_status(new, old)
        else:
            errors += resource.validate(new, old)
    except msgspec.ValidationError as error:
        # The schema lets through what the typed view cannot hold (a required field that is missing).
        raise BadRequest(f'{resource.kind} in version "{resource.version}" cannot be handled: {error}') from error
    if missing:
        errors += missing_fields(resource, new, missing, errors)
    if errors:
        raise invalid(resource.kind, resource.group, meta.name, errors)


def _check_preconditions(
    resource: AnyResourceType, document: Document, current: KeyValue, options: DeleteOptions
) -> None:
    uid = text_in(mapping_in(document, "metadata"), "uid")
    name = text_in(mapping_in(document, "metadata"), "name")
    detail = ""
    if options.uid and options.uid != uid:
        detail = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({uid}). "
            "The object might have been deleted and then recreated"
        )
    elif options.resource_version and options.resource_version != str(current.revision):
        detail = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the "
            f"ResourceVersion in record ({current.revision}). The object might have been modified"
        )
    if detail:
        raise conflict(resource.kind, resource.group, name, detail)

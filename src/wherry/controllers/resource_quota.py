"""Counts what each namespace has of what its quotas limit, when something goes or a quota changes.

What comes is charged by the API server itself, before it is stored; so new objects are nothing to look
at here. The count is of what the caches show, which may be a little old: with it goes up to which
revision they have looked, so that the API server can add what it has charged since.

Source: kubernetes pkg/controller/resourcequota.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
import orjson

from wherry.api.core.event import EVENTS
from wherry.api.core.resourcequota import RESOURCE_QUOTAS, ResourceQuota
from wherry.api.quota.counts import COUNTED_AT
from wherry.api.quota.interface import Evaluator
from wherry.api.quota.registry import evaluator_for
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.amounts import Amount, Amounts, add, amounts_from, only, texts_from
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.indexer import meta_of
from wherry.reconcile.actions import Action, Patch, Requeue
from wherry.reconcile.controller import Controller, Source, View

RESYNC_S = 300.0
"""As upstream: what somebody has written into a quota's status is corrected after this time at the latest."""

SECOND_LOOK_S = 1.0
"""An object whose creation began before its quota was there may be stored after the first count."""

COUNTED: tuple[AnyResourceType, ...] = tuple(
    resource
    for resource in RESOURCE_TYPES
    if resource.namespaced
    and {"list", "watch"} <= set(resource.verbs)
    and resource is not EVENTS
    and resource.storage is None  # the same objects by another name
)


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide what the quota's status has to say."""
    quota = view.lister(RESOURCE_QUOTAS).get(*key)
    if quota is None:
        return []
    hard = amounts_from(quota.spec.hard)
    used, revisions = count(quota, view)
    if hard == amounts_from(quota.status.hard) and used == amounts_from(quota.status.used):
        return [Requeue(RESYNC_S, "its status may have been changed by hand")]
    is_new = not quota.status.hard
    patch: Document = {
        "metadata": {"annotations": {COUNTED_AT: orjson.dumps(revisions).decode()}},
        # What is not counted any more goes.
        "status": {
            "hard": {**dict.fromkeys(quota.status.hard), **texts_from(hard)},
            "used": {**dict.fromkeys(quota.status.used), **texts_from(used)},
        },
    }
    why = "it has not been counted yet" if is_new else "what it limits has changed"
    return [
        Patch(
            RESOURCE_QUOTAS,
            key.namespace,
            key.name,
            patch,
            why,
            subresource="status",
            resource_version=quota.metadata.resource_version,
        ),
        Requeue(SECOND_LOOK_S if is_new else RESYNC_S, "something may have come while it was counted"),
    ]


def count(quota: ResourceQuota, view: View) -> tuple[Amounts, dict[str, int]]:
    """What the namespace has of what the quota limits, and by kind the revision up to which was looked."""
    used: Amounts = dict.fromkeys(sorted(quota.spec.hard), Amount(0))
    revisions: dict[str, int] = {}
    for resource in (*COUNTED, *(each for each in view.custom_kinds if each.namespaced)):
        evaluator = evaluator_for(resource.group, resource.plural)
        if any(evaluator.covers(name) for name in quota.spec.hard):
            revisions[resource.qualified_plural] = view.revision(resource)
            for thing in view.lister(resource).list(quota.metadata.namespace):
                if evaluator.concerns(quota.spec, thing):
                    used = add(used, only(evaluator.usage(thing, view.now_s), quota.spec.hard))
    return used, revisions


def _quotas_in(thing: msgspec.Struct, view: View) -> Iterator[ObjectKey]:
    for quota in view.lister(RESOURCE_QUOTAS).list(meta_of(thing).namespace):
        yield quota.metadata.key


def _source(resource: AnyResourceType) -> Source:
    evaluator = evaluator_for(resource.group, resource.plural)
    if resource is RESOURCE_QUOTAS:
        return Source(resource, _quotas_in, _quota_changed)
    return Source(resource, _quotas_in, _costs_less(evaluator))


def _costs_less(evaluator: Evaluator) -> Callable[[msgspec.Struct | None, msgspec.Struct | None], bool]:
    def matters(old: msgspec.Struct | None, new: msgspec.Struct | None) -> bool:
        return new is None or (old is not None and evaluator.cost_changed(old, new))

    return matters


def _quota_changed(old: msgspec.Struct | None, new: msgspec.Struct | None) -> bool:
    """A new quota, a gone one (others may count quotas), a changed wish, or a status that belongs to another wish."""
    if old is None or new is None:
        return True
    assert isinstance(old, ResourceQuota)
    assert isinstance(new, ResourceQuota)
    return old.spec != new.spec or new.status.hard != new.spec.hard


RESOURCE_QUOTA_CONTROLLER = Controller(
    name="resourcequota-controller",
    primary=RESOURCE_QUOTAS,
    sources=tuple(_source(resource) for resource in COUNTED),
    plan=plan,
    custom=_source,
    custom_affects=lambda resource, view: [quota.metadata.key for quota in view.lister(RESOURCE_QUOTAS).list()],
)

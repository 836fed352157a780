"""Decides whether an object fits into its namespace's quotas, and what each is charged. Pure; resource_quota.py acts.

Source: kubernetes apiserver, pkg/admission/plugin/resourcequota, CheckRequest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from wherry.api.core.resourcequota import RESOURCE_QUOTAS, ResourceQuota
from wherry.api.quota.interface import Evaluator
from wherry.apimachinery.amounts import (
    Amount,
    Amounts,
    above,
    add,
    amounts_from,
    only,
    print_amounts,
    subtract,
    texts_from,
)
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError, forbidden
from wherry.apiserver.admission.interface import Attributes
from wherry.apiserver.wire import document_from_item, mapping_in, value_from_document
from wherry.store.interface import KeyValue


@dataclass(slots=True, eq=False)
class Charge:
    """What one object costs, and what each quota is charged for it; or the error that says why it may not be."""

    attributes: Attributes
    evaluator: Evaluator
    thing: msgspec.Struct
    cost: Amounts
    deltas: dict[str, dict[str, Amount]] = field(default_factory=dict)
    error: StatusError | None = None


@dataclass(slots=True, eq=False)
class Recent:
    """A charge that the controller may not have seen the object of; `revision` is 0 until that is stored."""

    kind: str
    deltas: dict[str, dict[str, Amount]]
    revision: int = 0


@dataclass(slots=True)
class Quota:
    """One quota as it is stored, and as it will be."""

    item: KeyValue
    document: Document
    typed: ResourceQuota
    hard: dict[str, Amount]
    used: dict[str, Amount]
    is_changed: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return self.typed.metadata.name

    @staticmethod
    def from_item(item: KeyValue) -> Quota:
        """As it is stored."""
        document = document_from_item(RESOURCE_QUOTAS, item)
        typed = RESOURCE_QUOTAS.from_document(document)
        return Quota(item, document, typed, amounts_from(typed.status.hard), amounts_from(typed.status.used))

    def added(self) -> dict[str, Amount]:
        """How much more is used than is stored."""
        return subtract(self.used, amounts_from(self.typed.status.used))

    def value(self) -> bytes:
        """The bytes to store."""
        status = {**mapping_in(self.document, "status"), "used": texts_from(self.used)}
        return value_from_document(RESOURCE_QUOTAS, {**self.document, "status": status})


def charge_for(attributes: Attributes, evaluator: Evaluator, now_s: float) -> Charge | None:
    """What an object costs, or costs more than before; None if that is nothing."""
    resource = attributes.resource
    thing = resource.from_document(attributes.object)
    cost = evaluator.usage(thing, now_s)
    if attributes.old is not None:
        before = evaluator.usage(resource.from_document(attributes.old), now_s)
        cost = {name: amount for name, amount in subtract(cost, before).items() if amount.nano > 0}
    return Charge(attributes, evaluator, thing, cost) if cost else None


def charge_to(quotas: Sequence[Quota], charge: Charge) -> None:
    """Charge an object, in place, to every quota that it concerns, or set the error that says why not."""
    charge.deltas, charge.error = {}, None
    concerned = []
    for quota in quotas:
        names = [name for name in quota.hard if charge.evaluator.covers(name)]
        if not names or not charge.evaluator.concerns(quota.typed.spec, charge.thing):
            continue
        wrong = _unstated(quota, charge, names)
        if wrong:
            charge.error = _refusal(charge, wrong)
            return
        delta = {name: amount for name, amount in only(charge.cost, quota.hard).items() if amount.nano}
        if delta:
            concerned.append((quota, delta))
    for quota, delta in concerned:
        wrong = _exceeded(quota, delta)
        if wrong:
            charge.error = _refusal(charge, wrong)
            return
    charge.deltas = {quota.name: delta for quota, delta in concerned}
    if not charge.attributes.dry_run:
        for quota, delta in concerned:
            quota.used, quota.is_changed = add(quota.used, delta), True


def used_with_unseen(
    quota: str, used: Amounts, recent: Iterable[Recent], revisions: dict[str, int]
) -> dict[str, Amount]:
    """What the controller has counted, and what was charged for objects newer than `revisions` of their kinds."""
    for charge in recent:
        if not charge.revision or charge.revision > revisions.get(charge.kind, 0):
            used = add(used, only(charge.deltas.get(quota, {}), used))
    return dict(used)


def _unstated(quota: Quota, charge: Charge, names: Sequence[str]) -> str:
    """What must be known before anything can be charged, and is not."""
    constraint = charge.evaluator.constraint(charge.thing, names)
    if constraint:
        return f"failed quota: {quota.name}: {constraint}"
    if not quota.used.keys() >= set(names):
        return f"status unknown for quota: {quota.name}, resources: {','.join(sorted(names))}"
    return ""


def _exceeded(quota: Quota, delta: Amounts) -> str:
    names = above(only(add(quota.used, delta), delta), quota.hard)
    if not names:
        return ""
    requested, used, limited = (print_amounts(only(each, names)) for each in (delta, quota.used, quota.hard))
    return f"exceeded quota: {quota.name}, requested: {requested}, used: {used}, limited: {limited}"


def _refusal(charge: Charge, detail: str) -> StatusError:
    attributes = charge.attributes
    return forbidden(attributes.resource.plural, attributes.resource.group, attributes.name, detail)

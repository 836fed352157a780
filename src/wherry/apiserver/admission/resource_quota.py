"""Nobody gets more of a namespace than its quotas allow, however many ask at once.

Whatever is created is charged to the quotas that concern it before it is stored: `status.used` goes up, by
compare-and-swap. Requests of one namespace that come while a charge is being written are charged together
with the next write, so a hundred racing creates cost a few writes. A write that fails gives back what it
was charged.

The resourcequota controller counts what is there and corrects `status.used` when things go. What it has
counted may be older than what has been charged since. So it says up to which revision of each kind it has
looked (COUNTED_AT, an annotation that is never stored), and what was charged for newer objects is added
here: between the two of them nothing is forgotten or counted twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from wherry.api.core.resourcequota import RESOURCE_QUOTAS
from wherry.api.quota.counts import COUNTED_AT
from wherry.api.quota.registry import evaluator_for
from wherry.apimachinery.amounts import Amount, Amounts, add, amounts_from, only, subtract, texts_from
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, InternalError
from wherry.apiserver.admission.interface import AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.admission.quota_charges import Charge, Quota, Recent, charge_for, charge_to, used_with_unseen
from wherry.apiserver.own_words import TOO_MANY_RACES
from wherry.apiserver.wire import key_of, list_in, mapping_in, metadata_of, prefix_of
from wherry.store.interface import RevisionConflict

RACES_MAX = 100
# Only charges for objects that the controller may not have seen yet matter: its watch is not that far behind.
RECENT_MAX = 1024
NAMESPACES_MAX = 1024
# Another server on the same store may have made a quota; its writes are not counted here.
REMEMBER_S = 1.0


@dataclass(slots=True, eq=False)
class Turn:
    """A charge that waits. `may_lead` becomes True when it shall charge all who wait, False when it is decided."""

    charge: Charge
    may_lead: asyncio.Future[bool] | None = None


@dataclass(slots=True)
class Namespace:
    """The charges of one namespace: those that wait, and those that the controller may not have seen."""

    waiting: list[Turn] = field(default_factory=list)
    is_busy: bool = False
    recent: deque[Recent] = field(default_factory=lambda: deque(maxlen=RECENT_MAX))


class ResourceQuotaPlugin:
    """Charges what is created to the namespace's quotas, or refuses it."""

    name = "ResourceQuota"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset()
    subresources = frozenset({"", "resize", "status"})

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Keeps quotas in the environment's store."""
        self._store = environment.store
        self._clock = environment.clock
        self._writes = environment.writes
        self._namespaces: dict[str, Namespace] = {}
        self._has_quotas: dict[str, tuple[int, float, bool]] = {}

    async def admit(self, attributes: Attributes) -> None:
        """Add to what the controller has counted what has been charged since."""
        resource = attributes.resource
        if attributes.subresource != "status" or (resource.group, resource.plural) != ("", RESOURCE_QUOTAS.plural):
            return
        metadata = metadata_of(attributes.object)
        annotations = mapping_in(metadata, "annotations")
        counted_at = annotations.pop(COUNTED_AT, None)
        if not annotations:
            metadata.pop("annotations", None)
        if counted_at is not None:
            _disown(metadata)
        namespace = self._namespaces.get(attributes.namespace)
        if namespace is None or not isinstance(counted_at, str):
            return
        try:
            revisions = msgspec.json.decode(counted_at, type=dict[str, int])
        except msgspec.MsgspecError as error:
            raise BadRequest(f"annotation {COUNTED_AT}: {error}") from error
        typed = RESOURCE_QUOTAS.from_document(attributes.object)
        used = used_with_unseen(attributes.name, amounts_from(typed.status.used), namespace.recent, revisions)
        mapping_in(attributes.object, "status")["used"] = texts_from(used)

    async def validate(self, attributes: Attributes) -> None:
        """Charge the object. Raises Forbidden if a quota has not enough left."""
        resource, name = attributes.resource, attributes.namespace
        if not name or not resource.namespaced:
            return
        evaluator = evaluator_for(resource.group, resource.plural)
        if attributes.operation == "UPDATE" and attributes.subresource not in evaluator.charged_updates:
            return
        if (attributes.operation == "CREATE" and attributes.subresource) or not await self._has_quota(name):
            return
        charge = charge_for(attributes, evaluator, self._clock.now_s())
        if charge is None:
            return
        namespace = self._namespaces.get(name)
        if namespace is None:
            namespace = self._make_room()[name] = Namespace()
        await self._take_turn(name, namespace, charge)
        if charge.error is not None:
            raise charge.error
        if charge.deltas and not attributes.dry_run:
            self._remember(name, namespace, charge)

    def _make_room(self) -> dict[str, Namespace]:
        """All namespaces; beyond NAMESPACES_MAX those in which nothing happens now are forgotten."""
        if len(self._namespaces) >= NAMESPACES_MAX:
            for name, each in list(self._namespaces.items()):
                if not each.is_busy and all(recent.revision for recent in each.recent):
                    del self._namespaces[name]
        return self._namespaces

    def _remember(self, name: str, namespace: Namespace, charge: Charge) -> None:
        """Keep the charge until the controller has surely seen its object, and undo it if that is not stored."""
        attributes = charge.attributes
        recent = Recent(attributes.resource.qualified_plural, charge.deltas)
        namespace.recent.append(recent)

        def settle() -> None:
            recent.revision = attributes.stored_revision
            if not recent.revision and recent in namespace.recent:
                namespace.recent.remove(recent)

        attributes.afterwards.append(settle)
        attributes.take_back.append(lambda: self._give_back(name, charge))

    async def _has_quota(self, namespace: str) -> bool:
        writes, now_s = self._writes["", RESOURCE_QUOTAS.plural], self._clock.monotonic_s()
        known = self._has_quotas.get(namespace)
        if known is not None and known[0] == writes and now_s < known[1]:
            return known[2]
        page = await self._store.list(prefix_of(RESOURCE_QUOTAS, namespace), limit=1)
        if len(self._has_quotas) >= NAMESPACES_MAX:
            self._has_quotas.clear()
        self._has_quotas[namespace] = (writes, now_s + REMEMBER_S, bool(page.items))
        return bool(page.items)

    async def _take_turn(self, name: str, namespace: Namespace, charge: Charge) -> None:
        """Wait until the charge has been decided; one of those who wait decides for all who wait."""
        turn = Turn(charge)
        namespace.waiting.append(turn)
        if namespace.is_busy:
            turn.may_lead = asyncio.get_running_loop().create_future()
            try:
                if not await turn.may_lead:
                    return
            except asyncio.CancelledError:
                self._leave(namespace, turn)
                raise
        namespace.is_busy = True
        batch, namespace.waiting = namespace.waiting, []
        try:
            await self._charge_batch(name, batch)
        except BaseException as error:
            _tell(batch, error)
            raise
        else:
            _tell(batch, None)
        finally:
            _pass_on(namespace)
        for other in batch:
            # Whoever left meanwhile has been charged for nothing.
            if other.may_lead is not None and other.may_lead.cancelled():
                await self._give_back(name, other.charge)

    def _leave(self, namespace: Namespace, turn: Turn) -> None:
        if turn in namespace.waiting:
            namespace.waiting.remove(turn)
        if turn.may_lead is not None and turn.may_lead.done() and not turn.may_lead.cancelled():
            # It had been chosen to charge the others.
            _pass_on(namespace)

    async def _charge_batch(self, namespace: str, batch: Sequence[Turn]) -> None:
        for _ in range(RACES_MAX):
            page = await self._store.list(prefix_of(RESOURCE_QUOTAS, namespace))
            quotas = [Quota.from_item(item) for item in page.items]
            for turn in batch:
                charge_to(quotas, turn.charge)
            if await self._write([quota for quota in quotas if quota.is_changed]):
                return
        raise InternalError(TOO_MANY_RACES)

    async def _write(self, quotas: Sequence[Quota]) -> bool:
        """Write what has changed; False, and nothing has changed, if somebody else was faster."""
        written: list[Quota] = []
        for quota in quotas:
            try:
                await self._store.put(quota.item.key, quota.value(), expected_revision=quota.item.revision)
            except RevisionConflict:
                for other in written:
                    await self._add(other.item.key, subtract({}, other.added()))
                return False
            written.append(quota)
        return True

    async def _give_back(self, namespace: str, charge: Charge) -> None:
        for name, delta in charge.deltas.items():
            await self._add(key_of(RESOURCE_QUOTAS, namespace, name), subtract({}, delta))

    async def _add(self, key: str, delta: Amounts) -> None:
        for _ in range(RACES_MAX):
            item = await self._store.get(key)
            if item is None:
                return
            quota = Quota.from_item(item)
            changed = add(quota.used, only(delta, quota.used))
            quota.used = {name: Amount(max(0, amount.nano), amount.form) for name, amount in changed.items()}
            try:
                await self._store.put(key, quota.value(), expected_revision=item.revision)
            except RevisionConflict:
                continue
            return


def _disown(metadata: Document) -> None:
    """Nobody owns a note that is not kept."""
    for entry in list_in(metadata, "managedFields"):
        fields = mapping_in(entry, "fieldsV1") if isinstance(entry, dict) else {}
        inside = mapping_in(fields, "f:metadata")
        notes = mapping_in(inside, "f:annotations")
        if notes.pop(f"f:{COUNTED_AT}", None) is not None and not notes.keys() - {"."}:
            inside.pop("f:annotations")
            if not inside.keys() - {"."}:
                fields.pop("f:metadata")


def _tell(batch: Sequence[Turn], error: BaseException | None) -> None:
    """Tell those who waited that they have been decided about; a batch that broke off has decided about nobody."""
    for turn in batch:
        if error is not None:
            turn.charge.error = InternalError(f"the quotas cannot be charged: {error}")
        if turn.may_lead is not None and not turn.may_lead.done():
            turn.may_lead.set_result(False)


def _pass_on(namespace: Namespace) -> None:
    """Have the first of those who wait charge the next batch."""
    for turn in namespace.waiting:
        if turn.may_lead is not None and not turn.may_lead.done():
            turn.may_lead.set_result(True)
            return
    namespace.is_busy = False

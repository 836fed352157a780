"""How many requests of one importance are served at once, and what happens to the others."""

from __future__ import annotations

import math

from msgspec import field

from wherry.api.documents import find_section, put_absent, section
from wherry.api.flowcontrol.configuration import FIXED_PRIORITY_LEVELS
from wherry.api.flowcontrol.level_condition import LevelStatus, validate_level_status
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, invalid, not_supported, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

EXEMPT = "exempt"
QUEUES_MAX = 10_000_000
# A hand of queues is dealt from a hash of so many bits.
HASH_BITS_MAX = 60
PERCENT_MAX = 100
QUEUING = "spec.limited.limitResponse.queuing"


class QueuingConfiguration(Struct):
    hand_size: int = 0
    queue_length_limit: int = 0
    queues: int = 0


class LimitResponse(Struct):
    queuing: QueuingConfiguration | None = None
    type: str = ""


class LimitedPriorityLevel(Struct):
    borrowing_limit_percent: int | None = None
    lendable_percent: int | None = None
    limit_response: LimitResponse = field(default_factory=LimitResponse)
    nominal_concurrency_shares: int | None = None


class ExemptPriorityLevel(Struct):
    lendable_percent: int | None = None
    nominal_concurrency_shares: int | None = None


class PriorityLevelSpec(Struct):
    exempt: ExemptPriorityLevel | None = None
    limited: LimitedPriorityLevel | None = None
    type: str = ""


class PriorityLevelConfiguration(Struct):
    """How many requests of one importance are served at once, and what happens to the others."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PriorityLevelSpec = field(default_factory=PriorityLevelSpec)
    status: LevelStatus = field(default_factory=LevelStatus)


def _default(new: Document) -> None:
    spec = section(new, "spec")
    if spec.get("type") == "Exempt":
        put_absent(section(spec, "exempt"), nominalConcurrencyShares=0, lendablePercent=0)
    limited = find_section(spec, "limited")
    if limited is not None:
        put_absent(limited, nominalConcurrencyShares=30, lendablePercent=0)
        queuing = find_section(limited, "limitResponse", "queuing")
        if queuing is not None:
            for name, value in (("queues", 64), ("handSize", 8), ("queueLengthLimit", 50)):
                queuing[name] = queuing.get(name) or value


def _validate(new: PriorityLevelConfiguration, old: PriorityLevelConfiguration | None) -> list[FieldError]:
    spec = new.spec
    errors = []
    if (new.metadata.name == EXEMPT) != (spec.type == "Exempt"):
        errors.append(invalid("spec.type", spec.type, "type must be 'Exempt' if and only if name is 'exempt'"))
    match spec.type:
        case "Exempt":
            if spec.limited is not None:
                errors.append(forbidden("spec.limited", "must be nil if the type is not Limited"))
            if spec.exempt is not None:
                shares = spec.exempt.nominal_concurrency_shares
                errors += _validate_shares("spec.exempt", shares, spec.exempt.lendable_percent)
        case "Limited":
            if spec.exempt is not None:
                errors.append(forbidden("spec.exempt", "must be nil if the type is Limited"))
            if spec.limited is None:
                errors.append(required("spec.limited", "must not be empty when type is Limited"))
            else:
                errors += _validate_limited(spec.limited)
        case other:
            errors.append(not_supported("spec.type", other, ("Exempt", "Limited")))
    return errors + validate_level_status(new.status)


def _validate_documents(new: Document, old: Document | None) -> list[FieldError]:
    name = str(section(new, "metadata").get("name"))
    fixed, spec = FIXED_PRIORITY_LEVELS.get(name), section(new, "spec")
    if fixed is None:
        return []
    if name != EXEMPT:
        if spec == fixed:
            return []
        return [invalid("spec", spec, f"spec of '{name}' must equal the fixed value")]
    # How much the exempt level lends is the one thing that may be set.
    if {**spec, EXEMPT: None} == {**fixed, EXEMPT: None}:
        return []
    detail = f"spec of '{name}' except the 'spec.exempt' field must equal the fixed value"
    return [invalid("spec", spec, detail)]


def _validate_shares(path: str, shares: int | None, lendable_percent: int | None) -> list[FieldError]:
    errors = []
    if shares is not None and shares < 0:
        errors.append(invalid(child(path, "nominalConcurrencyShares"), shares, "must be a non-negative integer"))
    if lendable_percent is not None and not 0 <= lendable_percent <= PERCENT_MAX:
        detail = f"must be between 0 and {PERCENT_MAX}, inclusive"
        errors.append(invalid(child(path, "lendablePercent"), lendable_percent, detail))
    return errors


def _validate_limited(limited: LimitedPriorityLevel) -> list[FieldError]:
    errors = _validate_shares("spec.limited", limited.nominal_concurrency_shares, limited.lendable_percent)
    borrowing = limited.borrowing_limit_percent
    if borrowing is not None and borrowing < 0:
        detail = "if specified, must be a non-negative integer"
        errors.append(invalid("spec.limited.borrowingLimitPercent", borrowing, detail))
    response = limited.limit_response
    match response.type:
        case "Reject":
            if response.queuing is not None:
                detail = "must be nil if limited.limitResponse.type is not Limited"
                errors.append(forbidden(QUEUING, detail))
        case "Queue":
            if response.queuing is None:
                detail = "must not be empty if limited.limitResponse.type is Limited"
                errors.append(required(QUEUING, detail))
            else:
                errors += _validate_queuing(response.queuing)
        case other:
            errors.append(not_supported("spec.limited.limitResponse.type", other, ("Queue", "Reject")))
    return errors


def _validate_queuing(queuing: QueuingConfiguration) -> list[FieldError]:
    errors = []
    if queuing.queue_length_limit <= 0:
        errors.append(invalid(f"{QUEUING}.queueLengthLimit", queuing.queue_length_limit, "must be positive"))
    queues, hand = queuing.queues, queuing.hand_size
    if queues <= 0:
        errors.append(invalid(f"{QUEUING}.queues", queues, "must be positive"))
    elif queues > QUEUES_MAX:
        errors.append(invalid(f"{QUEUING}.queues", queues, f"must not be greater than {QUEUES_MAX}"))
    if hand <= 0:
        errors.append(invalid(f"{QUEUING}.handSize", hand, "must be positive"))
    elif hand > queues:
        errors.append(invalid(f"{QUEUING}.handSize", hand, f"should not be greater than queues ({queues})"))
    elif math.ceil(math.log2(queues) * hand) > HASH_BITS_MAX:
        detail = (
            f"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {HASH_BITS_MAX}"
        )
        errors.append(invalid(f"{QUEUING}.handSize", hand, detail))
    return errors


def _row(level: PriorityLevelConfiguration, now_s: float) -> tuple[object, ...]:
    meta, spec = level.metadata, level.spec
    shares = queues = hand = length = "<none>"
    one = spec.limited or spec.exempt
    if one is not None and one.nominal_concurrency_shares is not None:
        shares = str(one.nominal_concurrency_shares)
    queuing = spec.limited.limit_response.queuing if spec.limited is not None else None
    if queuing is not None:
        queues, hand, length = str(queuing.queues), str(queuing.hand_size), str(queuing.queue_length_limit)
    return meta.name, spec.type, shares, queues, hand, length, age_since(meta.creation_timestamp, now_s)


PRIORITY_LEVEL_CONFIGURATIONS = resource_type(
    PriorityLevelConfiguration,
    kind="PriorityLevelConfiguration",
    plural="prioritylevelconfigurations",
    group="flowcontrol.apiserver.k8s.io",
    namespaced=False,
    subresources=(STATUS,),
    default=_default,
    validate=_validate,
    validate_documents=_validate_documents,
    columns=(
        NAME_COLUMN,
        Column("Type", description="Limited, or exempt from all limits."),
        Column("NominalConcurrencyShares", description="Its share of the requests that are served at once."),
        Column("Queues", description="How many queues there are."),
        Column("HandSize", description="Among how many queues a flow may choose."),
        Column("QueueLengthLimit", description="How many requests may wait in a queue."),
        AGE_COLUMN,
    ),
    row=_row,
    acted_on_by="nobody",
)

"""Which requests belong to which priority level."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import section
from wherry.api.field_formats import fitting
from wherry.api.flowcontrol.configuration import FIXED_FLOW_SCHEMAS
from wherry.api.flowcontrol.level_condition import LevelCondition, LevelStatus, validate_level_status
from wherry.api.flowcontrol.subject import PolicyRulesWithSubjects, validate_rules
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, index, invalid, not_supported, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_subdomain
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

PRECEDENCE = "spec.matchingPrecedence"
PRECEDENCE_MAX = 10_000
PRECEDENCE_DEFAULT = 1000
METHODS = ("ByNamespace", "ByUser")
DANGLING = "Dangling"


class FlowDistinguisherMethod(Struct):
    type: str = ""


class PriorityLevelConfigurationReference(Struct):
    name: str = ""


class FlowSchemaSpec(Struct):
    distinguisher_method: FlowDistinguisherMethod | None = None
    matching_precedence: int = 0
    priority_level_configuration: PriorityLevelConfigurationReference = field(
        default_factory=PriorityLevelConfigurationReference
    )
    rules: tuple[PolicyRulesWithSubjects, ...] = ()


class FlowSchema(Struct):
    """Which requests belong to which priority level."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: FlowSchemaSpec = field(default_factory=FlowSchemaSpec)
    status: LevelStatus = field(default_factory=LevelStatus)


def _default(new: Document) -> None:
    spec = section(new, "spec")
    if not spec.get("matchingPrecedence"):
        spec["matchingPrecedence"] = PRECEDENCE_DEFAULT


def _validate(new: FlowSchema, old: FlowSchema | None) -> list[FieldError]:
    spec = new.spec
    errors = _validate_precedence(spec.matching_precedence, new.metadata.name)
    method = spec.distinguisher_method
    if method is not None and method.type not in METHODS:
        errors.append(not_supported("spec.distinguisherMethod.type", method.type, METHODS))
    level = spec.priority_level_configuration.name
    if level:
        errors += fitting("spec.priorityLevelConfiguration.name", level, dns1123_subdomain)
    else:
        errors.append(required("spec.priorityLevelConfiguration.name", "must reference a priority level"))
    for position, rules in enumerate(spec.rules):
        errors += validate_rules(rules, index("spec.rules", position))
    return errors + validate_level_status(new.status)


def _validate_precedence(precedence: int, name: str) -> list[FieldError]:
    if precedence <= 0:
        return [invalid(PRECEDENCE, precedence, "must be a positive value")]
    if precedence > PRECEDENCE_MAX:
        return [invalid(PRECEDENCE, precedence, f"must not be greater than {PRECEDENCE_MAX}")]
    if precedence == 1 and name != "exempt":
        return [invalid(PRECEDENCE, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
    return []


def _validate_documents(new: Document, old: Document | None) -> list[FieldError]:
    name = str(section(new, "metadata").get("name"))
    fixed = FIXED_FLOW_SCHEMAS.get(name)
    if fixed is None or new.get("spec") == fixed:
        return []
    return [invalid("spec", new.get("spec"), f"spec of '{name}' must equal the fixed value")]


def _dangling_cell(conditions: tuple[LevelCondition, ...]) -> str:
    return next((condition.status for condition in conditions if condition.type == DANGLING), "?")


def _row(schema: FlowSchema, now_s: float) -> tuple[object, ...]:
    meta, spec = schema.metadata, schema.spec
    return (
        meta.name,
        spec.priority_level_configuration.name,
        str(spec.matching_precedence),
        spec.distinguisher_method.type if spec.distinguisher_method else "<none>",
        age_since(meta.creation_timestamp, now_s),
        _dangling_cell(schema.status.conditions),
    )


FLOW_SCHEMAS = resource_type(
    FlowSchema,
    kind="FlowSchema",
    plural="flowschemas",
    group="flowcontrol.apiserver.k8s.io",
    namespaced=False,
    subresources=(STATUS,),
    default=_default,
    validate=_validate,
    validate_documents=_validate_documents,
    columns=(
        NAME_COLUMN,
        Column("PriorityLevel", description="The priority level that the requests belong to."),
        Column("MatchingPrecedence", description="The lower, the sooner it is tried."),
        Column("DistinguisherMethod", description="What makes a flow: the user, or the namespace."),
        AGE_COLUMN,
        Column("MissingPL", description="Whether the priority level does not exist."),
    ),
    row=_row,
    acted_on_by="nobody",
)

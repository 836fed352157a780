"""What must hold for whatever is written, as expressions."""

from __future__ import annotations

from msgspec import field

from wherry.api.admissionregistration.policy import (
    PolicySpec,
    default_policy,
    param_kind_cell,
    usable_variables,
    validate_policy,
)
from wherry.api.admissionregistration.rule import OPERATIONS
from wherry.api.condition import Condition, validate_conditions
from wherry.api.expressions import validate_expression
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, duplicate, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import qualified_name
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")
ANNOTATIONS_MAX = 20
VALUE_EXPRESSION_BYTES_MAX = 5 * 1024
ONE_OF_BOTH = "validations or auditAnnotations must contain at least one item"


class Validation(Struct):
    expression: str = ""
    message: str = ""
    message_expression: str = ""
    reason: str | None = None


class AuditAnnotation(Struct):
    key: str = ""
    value_expression: str = ""


class ValidatingAdmissionPolicySpec(PolicySpec):
    audit_annotations: tuple[AuditAnnotation, ...] = ()
    validations: tuple[Validation, ...] = ()


class ExpressionWarning(Struct):
    field_ref: str = ""
    warning: str = ""


class TypeChecking(Struct):
    expression_warnings: tuple[ExpressionWarning, ...] = ()


class ValidatingAdmissionPolicyStatus(Struct):
    conditions: tuple[Condition, ...] = ()
    type_checking: TypeChecking | None = None


class ValidatingAdmissionPolicy(Struct):
    """What must hold for whatever is written, as expressions."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ValidatingAdmissionPolicySpec = field(default_factory=ValidatingAdmissionPolicySpec)
    status: ValidatingAdmissionPolicyStatus = field(default_factory=ValidatingAdmissionPolicyStatus)


def _validate(new: ValidatingAdmissionPolicy, old: ValidatingAdmissionPolicy | None) -> list[FieldError]:
    spec = new.spec
    variables = usable_variables(spec.param_kind)
    errors = validate_policy(spec, None if old is None else old.spec, OPERATIONS)
    if not spec.validations and not spec.audit_annotations:
        errors += [required(path, ONE_OF_BOTH) for path in ("spec.validations", "spec.auditAnnotations")]
    for position, validation in enumerate(spec.validations):
        errors += _validate_validation(validation, index("spec.validations", position), variables)
    errors += _validate_annotations(spec.audit_annotations, new.metadata.name, variables)
    return errors + _validate_status(new.status)


def _validate_validation(validation: Validation, path: str, variables: frozenset[str]) -> list[FieldError]:
    place = child(path, "expression")
    if not validation.expression.strip():
        errors = [required(place, "expression is not specified")]
    else:
        errors = validate_expression(place, validation.expression, "bool", variables=variables)
    if text := validation.message_expression:
        place = child(path, "messageExpression")
        if not text.strip():
            errors.append(invalid(place, text, "must be non-empty if specified"))
        else:
            # Whoever is refused may not learn from the message what others are allowed to do.
            errors += validate_expression(place, text, "string", variables=variables - {"authorizer"})
    message = validation.message
    if message and not message.strip():
        errors.append(invalid(child(path, "message"), message, "message must be non-empty if specified"))
    elif "\n" in message.strip() or "\r" in message.strip():
        errors.append(invalid(child(path, "message"), message, "message must not contain line breaks"))
    return errors + one_of(child(path, "reason"), validation.reason or "", REASONS)


def _validate_annotations(
    annotations: tuple[AuditAnnotation, ...], name: str, variables: frozenset[str]
) -> list[FieldError]:
    path = "spec.auditAnnotations"
    errors = []
    if len(annotations) > ANNOTATIONS_MAX:
        errors.append(invalid(path, len(annotations), f"must not have more than {ANNOTATIONS_MAX} auditAnnotations"))
    seen: set[str] = set()
    for position, annotation in enumerate(annotations):
        place = index(path, position)
        if wrong := qualified_name(f"{name}/{annotation.key}"):
            errors.append(invalid(child(place, "key"), f"{name}/{annotation.key}", wrong))
        if annotation.key in seen:
            errors.append(duplicate(child(place, "key"), annotation.key))
        seen.add(annotation.key)
        text, where = annotation.value_expression.strip(), child(place, "valueExpression")
        if not text:
            errors.append(required(where, "valueExpression is not specified"))
        elif len(text.encode()) > VALUE_EXPRESSION_BYTES_MAX:
            errors.append(required(where, f"must not exceed {VALUE_EXPRESSION_BYTES_MAX} bytes in length"))
        else:
            errors += validate_expression(where, text, "string", variables=variables)
    return errors


def _validate_status(status: ValidatingAdmissionPolicyStatus) -> list[FieldError]:
    errors = []
    warnings = status.type_checking.expression_warnings if status.type_checking is not None else ()
    for position, warning in enumerate(warnings):
        place = index("status.typeChecking.expressionWarnings", position)
        if not warning.warning:
            errors.append(required(child(place, "warning")))
        if not warning.field_ref.strip():
            errors.append(required(child(place, "fieldRef")))
    return errors + validate_conditions(status.conditions, "status.conditions")


def _row(policy: ValidatingAdmissionPolicy, now_s: float) -> tuple[object, ...]:
    meta, spec = policy.metadata, policy.spec
    age = age_since(meta.creation_timestamp, now_s)
    return meta.name, len(spec.validations), param_kind_cell(spec.param_kind), age


VALIDATING_ADMISSION_POLICIES = resource_type(
    ValidatingAdmissionPolicy,
    kind="ValidatingAdmissionPolicy",
    plural="validatingadmissionpolicies",
    group="admissionregistration.k8s.io",
    namespaced=False,
    categories=("api-extensions",),
    subresources=(STATUS,),
    default=default_policy,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Validations", "integer", "How many rules there are."),
        Column("ParamKind", "string", "The kind that holds the settings."),
        AGE_COLUMN,
    ),
    row=_row,
    acted_on_by="nobody",
)

"""How whatever is written is changed before it is stored, as expressions."""

from __future__ import annotations

from msgspec import field

from wherry.api.admissionregistration.policy import (
    PolicySpec,
    default_policy,
    param_kind_cell,
    usable_variables,
    validate_policy,
)
from wherry.api.expressions import validate_expression
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

# There is nothing to change in what is deleted.
MUTABLE_OPERATIONS = ("*", "CONNECT", "CREATE", "UPDATE")
REINVOCATION_POLICIES = ("IfNeeded", "Never")


class MutationExpression(Struct):
    """An expression that makes part of an object, or a list of patches."""

    expression: str = ""


class Mutation(Struct):
    apply_configuration: MutationExpression | None = None
    json_patch: MutationExpression | None = None
    patch_type: str = ""


class MutatingAdmissionPolicySpec(PolicySpec):
    mutations: tuple[Mutation, ...] = ()
    reinvocation_policy: str = ""


class MutatingAdmissionPolicy(Struct):
    """How whatever is written is changed before it is stored, as expressions."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: MutatingAdmissionPolicySpec = field(default_factory=MutatingAdmissionPolicySpec)


def _validate(new: MutatingAdmissionPolicy, old: MutatingAdmissionPolicy | None) -> list[FieldError]:
    spec = new.spec
    variables = usable_variables(spec.param_kind)
    errors = validate_policy(spec, None if old is None else old.spec, MUTABLE_OPERATIONS)
    if not spec.mutations:
        errors.append(required("spec.mutations", "mutations must contain at least one item"))
    for position, mutation in enumerate(spec.mutations):
        errors += _validate_mutation(mutation, index("spec.mutations", position), variables)
    place = "spec.reinvocationPolicy"
    return errors + one_of(place, spec.reinvocation_policy, REINVOCATION_POLICIES, may_be_absent=False)


def _validate_mutation(mutation: Mutation, path: str, variables: frozenset[str]) -> list[FieldError]:
    patch_type = mutation.patch_type
    errors = one_of(child(path, "patchType"), patch_type, ("ApplyConfiguration", "JSONPatch"), may_be_absent=False)
    for name, wanted, given in (
        ("applyConfiguration", "ApplyConfiguration", mutation.apply_configuration),
        ("jsonPatch", "JSONPatch", mutation.json_patch),
    ):
        place = child(path, name)
        if patch_type == wanted:
            errors += _validate_given(given, place, wanted, variables)
        elif given is not None:
            errors.append(invalid(place, f"{{{name}}}", f"must not be specified when patchType is {patch_type}"))
    return errors


def _validate_given(
    given: MutationExpression | None, path: str, patch_type: str, variables: frozenset[str]
) -> list[FieldError]:
    if given is None:
        return [required(path, f"must be specified when patchType is {patch_type}")]
    place = child(path, "expression")
    if not given.expression.strip():
        return [required(place, "expression is not specified")]
    return validate_expression(place, given.expression, "anything", variables=variables)


def _row(policy: MutatingAdmissionPolicy, now_s: float) -> tuple[object, ...]:
    meta, spec = policy.metadata, policy.spec
    return meta.name, len(spec.mutations), param_kind_cell(spec.param_kind), age_since(meta.creation_timestamp, now_s)


MUTATING_ADMISSION_POLICIES = resource_type(
    MutatingAdmissionPolicy,
    kind="MutatingAdmissionPolicy",
    plural="mutatingadmissionpolicies",
    group="admissionregistration.k8s.io",
    namespaced=False,
    categories=("api-extensions",),
    default=default_policy,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Mutations", "integer", "How many changes there are."),
        Column("ParamKind", "string", "The kind that holds the settings."),
        AGE_COLUMN,
    ),
    row=_row,
    tracks_generation=True,
    acted_on_by="nobody",
)

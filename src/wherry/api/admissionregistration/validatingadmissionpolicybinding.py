"""Where a validating policy holds, with which settings, and what happens to what breaks it."""

from __future__ import annotations

from msgspec import field

from wherry.api.admissionregistration.policy import ParamRef, default_binding, param_ref_cell, validate_binding
from wherry.api.admissionregistration.rule import OPERATIONS, MatchResources
from wherry.api.field_formats import unique
from wherry.apimachinery.field_errors import FieldError, index, invalid, not_supported, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

ACTIONS = ("Audit", "Deny", "Warn")
PATH = "spec.validationActions"


class ValidatingAdmissionPolicyBindingSpec(Struct):
    match_resources: MatchResources | None = None
    param_ref: ParamRef | None = None
    policy_name: str = ""
    validation_actions: tuple[str, ...] = ()


class ValidatingAdmissionPolicyBinding(Struct):
    """Where a validating policy holds, with which settings, and what happens to what breaks it."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ValidatingAdmissionPolicyBindingSpec = field(default_factory=ValidatingAdmissionPolicyBindingSpec)


def _validate(new: ValidatingAdmissionPolicyBinding, old: ValidatingAdmissionPolicyBinding | None) -> list[FieldError]:
    spec = new.spec
    errors = validate_binding(spec.policy_name, spec.param_ref, spec.match_resources, OPERATIONS)
    actions = spec.validation_actions
    for position, action in enumerate(actions):
        if action not in ACTIONS:
            errors.append(not_supported(index(PATH, position), action, ACTIONS))
    errors += unique(PATH, actions)
    if {"Deny", "Warn"} <= set(actions):
        detail = (
            "must not contain both Deny and Warn (repeating the same validation failure information in the API "
            "response and headers serves no purpose)"
        )
        errors.append(invalid(PATH, actions, detail))
    if not actions:
        errors.append(required(PATH, "at least one validation action is required"))
    return errors


def _row(binding: ValidatingAdmissionPolicyBinding, now_s: float) -> tuple[object, ...]:
    meta, spec = binding.metadata, binding.spec
    return meta.name, spec.policy_name, param_ref_cell(spec.param_ref), age_since(meta.creation_timestamp, now_s)


VALIDATING_ADMISSION_POLICY_BINDINGS = resource_type(
    ValidatingAdmissionPolicyBinding,
    kind="ValidatingAdmissionPolicyBinding",
    plural="validatingadmissionpolicybindings",
    group="admissionregistration.k8s.io",
    namespaced=False,
    categories=("api-extensions",),
    default=default_binding,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("PolicyName", description="The policy that holds."),
        Column("ParamRef", description="Where its settings are."),
        AGE_COLUMN,
    ),
    row=_row,
    tracks_generation=True,
    acted_on_by="nobody",
)

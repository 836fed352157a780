"""Where a mutating policy holds, and with which settings."""

from __future__ import annotations

from msgspec import field

from wherry.api.admissionregistration.mutatingadmissionpolicy import MUTABLE_OPERATIONS
from wherry.api.admissionregistration.policy import ParamRef, default_binding, param_ref_cell, validate_binding
from wherry.api.admissionregistration.rule import MatchResources
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class MutatingAdmissionPolicyBindingSpec(Struct):
    match_resources: MatchResources | None = None
    param_ref: ParamRef | None = None
    policy_name: str = ""


class MutatingAdmissionPolicyBinding(Struct):
    """Where a mutating policy holds, and with which settings."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: MutatingAdmissionPolicyBindingSpec = field(default_factory=MutatingAdmissionPolicyBindingSpec)


def _validate(new: MutatingAdmissionPolicyBinding, old: MutatingAdmissionPolicyBinding | None) -> list[FieldError]:
    spec = new.spec
    return validate_binding(spec.policy_name, spec.param_ref, spec.match_resources, MUTABLE_OPERATIONS)


def _row(binding: MutatingAdmissionPolicyBinding, now_s: float) -> tuple[object, ...]:
    meta, spec = binding.metadata, binding.spec
    return meta.name, spec.policy_name, param_ref_cell(spec.param_ref), age_since(meta.creation_timestamp, now_s)


MUTATING_ADMISSION_POLICY_BINDINGS = resource_type(
    MutatingAdmissionPolicyBinding,
    kind="MutatingAdmissionPolicyBinding",
    plural="mutatingadmissionpolicybindings",
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

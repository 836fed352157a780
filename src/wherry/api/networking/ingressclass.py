"""Which ingress controller looks after an Ingress, by name."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import find_section, put_absent
from wherry.api.field_formats import domain_prefixed_path, fitting, named, unchanged
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, forbidden, required, too_long
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, path_segment
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

CONTROLLER_LENGTH_MAX = 250
PARAMETERS = "spec.parameters"


class IngressClassParametersReference(Struct):
    """The object that holds a controller's settings."""

    api_group: str | None = None
    kind: str = ""
    name: str = ""
    namespace: str | None = None
    scope: str = ""


class IngressClassSpec(Struct):
    controller: str = ""
    parameters: IngressClassParametersReference | None = None


class IngressClass(Struct):
    """Which ingress controller looks after an Ingress, by name."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: IngressClassSpec = field(default_factory=IngressClassSpec)


def _default(new: Document) -> None:
    parameters = find_section(new, "spec", "parameters")
    if parameters is not None:
        put_absent(parameters, scope="Cluster")


def _validate(new: IngressClass, old: IngressClass | None) -> list[FieldError]:
    controller = new.spec.controller
    errors = unchanged("spec.controller", controller, old.spec.controller) if old is not None else []
    if len(controller) > CONTROLLER_LENGTH_MAX:
        errors.append(too_long("spec.controller", CONTROLLER_LENGTH_MAX))
    errors += domain_prefixed_path("spec.controller", controller)
    return errors + _validate_parameters(new.spec.parameters) if new.spec.parameters is not None else errors


def _validate_parameters(parameters: IngressClassParametersReference) -> list[FieldError]:
    errors = []
    if parameters.api_group is not None:
        errors += fitting(f"{PARAMETERS}.apiGroup", parameters.api_group, dns1123_subdomain)
    errors += named(f"{PARAMETERS}.kind", parameters.kind, path_segment)
    errors += named(f"{PARAMETERS}.name", parameters.name, path_segment)
    errors += one_of(f"{PARAMETERS}.scope", parameters.scope, ("Cluster", "Namespace"), may_be_absent=False)
    place = f"{PARAMETERS}.namespace"
    if parameters.scope == "Namespace":
        if parameters.namespace is None:
            errors.append(required(place, "`parameters.scope` is set to 'Namespace'"))
        else:
            errors += fitting(place, parameters.namespace, dns1123_label)
    elif parameters.scope == "Cluster" and parameters.namespace is not None:
        errors.append(forbidden(place, "`parameters.scope` is set to 'Cluster'"))
    return errors


def _parameters_cell(parameters: IngressClassParametersReference | None) -> str:
    if parameters is None:
        return "<none>"
    group = "" if parameters.api_group is None else f".{parameters.api_group}"
    return f"{parameters.kind}{group}/{parameters.name}"


def _row(ingress_class: IngressClass, now_s: float) -> tuple[object, ...]:
    meta, spec = ingress_class.metadata, ingress_class.spec
    return meta.name, spec.controller, _parameters_cell(spec.parameters), age_since(meta.creation_timestamp, now_s)


INGRESS_CLASSES = resource_type(
    IngressClass,
    kind="IngressClass",
    plural="ingressclasses",
    group="networking.k8s.io",
    namespaced=False,
    default=_default,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Controller", description="Controller that is responsible for handling this class"),
        Column("Parameters", description="A reference to a resource with additional parameters"),
        AGE_COLUMN,
    ),
    row=_row,
    tracks_generation=True,
    acted_on_by="clients",
)

"""Who serves a version of a group of the API: this server itself, or a Service behind it."""

from __future__ import annotations

from base64 import b64decode

from msgspec import field

from wherry.api.condition import Condition
from wherry.api.documents import find, find_section, put_absent, section
from wherry.api.field_formats import PORT_MAX, fitting
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1035_label, dns1123_subdomain, path_segment
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

GROUP_PRIORITY_MAX = 20_000
VERSION_PRIORITY_MAX = 1000
AVAILABLE = "Available"
# The label of those that the server keeps itself: "onstart" for what is built in, "true" for custom resources.
AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged"
LOCAL_ONLY = "local APIServices may not have"


class ApiServiceReference(Struct):
    name: str = ""
    namespace: str = ""
    port: int = 443


class ApiServiceSpec(Struct):
    ca_bundle: str = ""
    group: str = ""
    group_priority_minimum: int = 0
    insecure_skip_tls_verify: bool = field(default=False, name="insecureSkipTLSVerify")
    service: ApiServiceReference | None = None
    version: str = ""
    version_priority: int = 0


class ApiServiceStatus(Struct):
    conditions: tuple[Condition, ...] = ()


class ApiService(Struct):
    """Who serves a version of a group of the API."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ApiServiceSpec = field(default_factory=ApiServiceSpec)
    status: ApiServiceStatus = field(default_factory=ApiServiceStatus)


def _default(new: Document) -> None:
    service = find_section(new, "spec", "service")
    if service is not None:
        put_absent(service, port=443)


def _prepare(new: Document, old: Document | None) -> None:
    """What this server serves itself is there from the moment that it is said."""
    if old is None and find(new, "spec", "service") is None:
        condition = {
            "type": AVAILABLE,
            "status": "True",
            "reason": "Local",
            "message": "Local APIServices are always available",
            "lastTransitionTime": section(new, "metadata").get("creationTimestamp", ""),
        }
        new["status"] = {"conditions": [condition]}


def _validate(new: ApiService, old: ApiService | None) -> list[FieldError]:
    spec = new.spec
    errors = []
    wanted = f"{spec.version}.{spec.group}"
    if new.metadata.name != wanted:
        detail = f'must be `spec.version+"."+spec.group`: "{wanted}"'
        errors.append(invalid("metadata.name", new.metadata.name, detail))
    if not spec.group and spec.version != "v1":
        errors.append(required("spec.group", "only v1 may have an empty group and it better be legacy kube"))
    if spec.group:
        errors += fitting("spec.group", spec.group, dns1123_subdomain)
    errors += fitting("spec.version", spec.version, dns1035_label)
    for name, priority, most in (
        ("groupPriorityMinimum", spec.group_priority_minimum, GROUP_PRIORITY_MAX),
        ("versionPriority", spec.version_priority, VERSION_PRIORITY_MAX),
    ):
        if not 0 < priority <= most:
            errors.append(invalid(child("spec", name), priority, f"must be positive and less than {most}"))
    errors += _validate_service(spec)
    for position, condition in enumerate(new.status.conditions):
        place = child(index("status.conditions", position), "status")
        errors += one_of(place, condition.status, ("True", "False", "Unknown"), may_be_absent=False)
    return errors


def _validate_service(spec: ApiServiceSpec) -> list[FieldError]:
    bundle, insecure = "spec.caBundle", "spec.insecureSkipTLSVerify"
    service = spec.service
    errors = []
    if service is None:
        if spec.ca_bundle:
            errors.append(invalid(bundle, f"{len(b64decode(spec.ca_bundle))} bytes", f"{LOCAL_ONLY} a caBundle"))
        if spec.insecure_skip_tls_verify:
            errors.append(invalid(insecure, True, f"{LOCAL_ONLY} insecureSkipTLSVerify"))
        return errors
    errors += [required(f"spec.service.{name}") for name in ("namespace", "name") if not getattr(service, name)]
    if not 0 < service.port <= PORT_MAX:
        detail = f"port is not valid: must be between 1 and {PORT_MAX}, inclusive"
        errors.append(invalid("spec.service.port", service.port, detail))
    if spec.insecure_skip_tls_verify and spec.ca_bundle:
        errors.append(invalid(insecure, True, "may not be true if caBundle is present"))
    return errors


def _available_cell(conditions: tuple[Condition, ...]) -> str:
    for condition in conditions:
        if condition.type == AVAILABLE:
            shows_reason = condition.status != "True" and condition.reason
            return f"{condition.status} ({condition.reason})" if shows_reason else condition.status
    return "Unknown"


def _row(api_service: ApiService, now_s: float) -> tuple[object, ...]:
    meta, service = api_service.metadata, api_service.spec.service
    return (
        meta.name,
        "Local" if service is None else f"{service.namespace}/{service.name}",
        _available_cell(api_service.status.conditions),
        age_since(meta.creation_timestamp, now_s),
    )


API_SERVICES = resource_type(
    ApiService,
    kind="APIService",
    plural="apiservices",
    group="apiregistration.k8s.io",
    namespaced=False,
    categories=("api-extensions",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    name_rule=path_segment,
    columns=(
        NAME_COLUMN,
        Column("Service", description="The reference to the service that hosts this API endpoint."),
        Column("Available", description="Whether this service is available."),
        AGE_COLUMN,
    ),
    row=_row,
    tracks_generation=False,
    acted_on_by="nobody",
)

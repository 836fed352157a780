"""A request for a certificate: who asks, what for, what was decided, and in the end the certificate.

Source: kubernetes pkg/apis/certificates/validation and pkg/registry/certificates/certificates/strategy.go.
"""

from __future__ import annotations

import base64
import binascii

from msgspec import field

from wherry.api.condition import Condition
from wherry.api.documents import section
from wherry.api.rbac.policy_rule import path_segment
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    duplicate,
    forbidden,
    index,
    invalid,
    not_supported,
    required,
)
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_subdomain
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, Subresource, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since, format_age
from wherry.kit.certificate_requests import EXTENDED_KEY_USAGES, KEY_USAGES, BadRequestPem, read_request

GROUP = "certificates.k8s.io"
LEGACY_SIGNER = "kubernetes.io/legacy-unknown"
USAGES = tuple(sorted({*KEY_USAGES, *EXTENDED_KEY_USAGES}))
LIFETIME_MIN_S = 600
DECISIONS = ("Approved", "Denied")
ONLY_TRUE = ("Approved", "Denied", "Failed")


class RequestCondition(Condition):
    last_update_time: str = ""


class CertificateSigningRequestSpec(Struct):
    request: str = ""
    signer_name: str = ""
    expiration_seconds: int | None = None
    usages: tuple[str, ...] = ()
    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: dict[str, tuple[str, ...]] = field(default_factory=dict)


class CertificateSigningRequestStatus(Struct):
    conditions: tuple[RequestCondition, ...] = ()
    certificate: str = ""


class CertificateSigningRequest(Struct):
    """A request for a certificate."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: CertificateSigningRequestSpec = field(default_factory=CertificateSigningRequestSpec)
    status: CertificateSigningRequestStatus = field(default_factory=CertificateSigningRequestStatus)

    def condition(self, type_: str) -> RequestCondition | None:
        """The condition of a type, or None."""
        return next((condition for condition in self.status.conditions if condition.type == type_), None)


def request_pem(spec: CertificateSigningRequestSpec) -> bytes:
    """The request itself. Raises BadRequestPem."""
    try:
        return base64.b64decode(spec.request, validate=True)
    except binascii.Error as error:
        raise BadRequestPem("illegal base64 data") from error


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {}
    elif "spec" in old:
        # Who has asked for what is for ever: a new wish is a new request.
        new["spec"] = old["spec"]


def _stamp_requester(new: Document, user: Document) -> None:
    """Who asks is for the server to say."""
    spec = section(new, "spec")
    for name in ("username", "uid", "groups", "extra"):
        spec.pop(name, None)
        if user.get(name):
            spec[name] = user[name]


def _validate(new: CertificateSigningRequest, old: CertificateSigningRequest | None) -> list[FieldError]:
    errors = _validate_spec(new.spec) if old is None else []
    errors += _validate_conditions(new.status.conditions)
    if old is not None:
        errors += _validate_status_update(new.status, old.status)
    return errors


def _validate_spec(spec: CertificateSigningRequestSpec) -> list[FieldError]:
    errors = []
    try:
        read_request(request_pem(spec))
    except BadRequestPem as error:
        errors.append(invalid("spec.request", spec.request, str(error)))
    errors += _validate_signer_name(spec.signer_name)
    if spec.expiration_seconds is not None and spec.expiration_seconds < LIFETIME_MIN_S:
        detail = "may not specify a duration less than 600 seconds (10 minutes)"
        errors.append(invalid("spec.expirationSeconds", spec.expiration_seconds, detail))
    if not spec.usages:
        errors.append(required("spec.usages"))
    for place, usage in enumerate(spec.usages):
        if usage not in USAGES:
            errors.append(not_supported(index("spec.usages", place), usage, USAGES))
        elif usage in spec.usages[:place]:
            errors.append(duplicate(index("spec.usages", place), usage))
    return errors


def _validate_signer_name(name: str) -> list[FieldError]:
    path = "spec.signerName"
    if not name:
        return [required(path)]
    if name == LEGACY_SIGNER:
        return [invalid(path, name, "the legacy signerName is not allowed via this API version")]
    domain, slash, rest = name.partition("/")
    if not slash or "/" in rest:
        detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        return [invalid(path, name, detail)]
    errors = [invalid(path, part, wrong) for part in (domain, rest) if (wrong := dns1123_subdomain(part))]
    if not errors and "." not in domain:
        errors.append(invalid(path, domain, "should be a domain with at least two segments separated by dots"))
    return errors


def _validate_conditions(conditions: tuple[RequestCondition, ...]) -> list[FieldError]:
    errors = []
    seen: set[str] = set()
    for place, condition in enumerate(conditions):
        path = index("status.conditions", place)
        if not condition.type:
            errors.append(required(child(path, "type")))
        if condition.type in ONLY_TRUE and condition.status != "True":
            errors.append(not_supported(child(path, "status"), condition.status, ["True"]))
        elif not condition.status:
            errors.append(required(child(path, "status")))
        if condition.type in DECISIONS and seen & (set(DECISIONS) - {condition.type}):
            detail = "Approved and Denied conditions are mutually exclusive"
            errors.append(invalid(child(path, "type"), condition.type, detail))
        if condition.type in seen:
            errors.append(duplicate(child(path, "type"), condition.type))
        seen.add(condition.type)
    return errors


def _validate_status_update(
    new: CertificateSigningRequestStatus, old: CertificateSigningRequestStatus
) -> list[FieldError]:
    errors = []
    for kind in ONLY_TRUE:
        had, has = (any(one.type == kind for one in status.conditions) for status in (old, new))
        if had and not has:
            errors.append(forbidden("status.conditions", f'updates may not remove a condition of type "{kind}"'))
    if old.certificate and new.certificate != old.certificate:
        errors.append(forbidden("status.certificate", "updates may not modify a certificate that is set"))
    elif new.certificate and not old.certificate:
        errors += _validate_certificate(new.certificate)
    return errors


def _validate_certificate(certificate: str) -> list[FieldError]:
    from cryptography import x509

    path = "status.certificate"
    try:
        if not x509.load_pem_x509_certificates(base64.b64decode(certificate, validate=True)):
            return [invalid(path, "<certificate data>", "must contain at least one CERTIFICATE PEM block")]
    except ValueError:
        return [invalid(path, "<certificate data>", "must contain at least one CERTIFICATE PEM block")]
    return []


def _row(request: CertificateSigningRequest, now_s: float) -> tuple[object, ...]:
    spec, meta = request.spec, request.metadata
    duration = "<none>" if spec.expiration_seconds is None else format_age(spec.expiration_seconds)
    return (
        meta.name,
        age_since(meta.creation_timestamp, now_s),
        spec.signer_name or "<none>",
        spec.username,
        duration,
        state_of(request),
    )


def state_of(request: CertificateSigningRequest) -> str:
    """How far the request is, in a word or two: `Approved,Issued`."""
    state = "Pending"
    if request.condition("Denied") is not None:
        state = "Denied"
    elif request.condition("Approved") is not None:
        state = "Approved"
    if request.condition("Failed") is not None:
        state += ",Failed"
    return f"{state},Issued" if request.status.certificate else state


CERTIFICATE_SIGNING_REQUESTS = resource_type(
    CertificateSigningRequest,
    kind="CertificateSigningRequest",
    plural="certificatesigningrequests",
    group=GROUP,
    namespaced=False,
    short_names=("csr",),
    subresources=(STATUS, Subresource("approval", ("get", "patch", "update"))),
    prepare=_prepare,
    stamp_requester=_stamp_requester,
    validate=_validate,
    name_rule=path_segment,
    columns=(
        NAME_COLUMN,
        AGE_COLUMN,
        Column("SignerName", description="Who shall sign it."),
        Column("Requestor", description="Who has asked for it."),
        Column("RequestedDuration", description="For how long it shall be good."),
        Column("Condition", description="How far it is."),
    ),
    row=_row,
    selectable_fields={"spec.signerName": lambda request: request.spec.signer_name},
    tracks_generation=False,
)

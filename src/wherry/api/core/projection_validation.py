"""What may stand in volumes whose files are made from objects: keys, facts about the pod, tokens, certificates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wherry.api.core.env_validation import validate_field_ref, validate_resource_ref
from wherry.api.core.relative_paths import validate_file_path
from wherry.api.core.volume import (
    ClusterTrustBundleProjection,
    DownwardAPIVolumeFile,
    KeyToPath,
    PodCertificateProjection,
    ServiceAccountTokenProjection,
    VolumeProjection,
)
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    forbidden,
    index,
    invalid,
    invalid_whole,
    key,
    required,
)
from wherry.apimachinery.names import dns1123_subdomain, qualified_name

MODE_MAX = 0o777
MODE_RANGE = "must be a number between 0 and 0777 (octal), both inclusive"
TOKEN_S_MIN = 600
TOKEN_S_MAX = 2**32
FILE_FIELD_PATHS = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
KEY_TYPES = ("ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096")
CERTIFICATE_S_MIN = 3600
CERTIFICATE_S_MAX = 91 * 24 * 3600
TWICE = "conflicting duplicate paths"


def validate_mode(mode: int | None, path: str) -> list[FieldError]:
    """Who may read and write a file."""
    return [] if mode is None or 0 <= mode <= MODE_MAX else [invalid(path, mode, MODE_RANGE)]


def validate_items(items: Iterable[KeyToPath], path: str) -> list[FieldError]:
    """Which keys become which files."""
    errors = []
    for position, item in enumerate(items):
        place = index(path, position)
        if not item.key:
            errors.append(required(child(place, "key")))
        errors += validate_file_path(item.path, child(place, "path"))
        errors += validate_mode(item.mode, child(place, "mode"))
    return errors


def validate_downward_files(items: Iterable[DownwardAPIVolumeFile], path: str) -> list[FieldError]:
    """Facts about the pod as files; all errors are told at `path`, as upstream does."""
    errors = []
    for item in items:
        errors += validate_file_path(item.path, child(path, "path"))
        if item.field_ref is not None:
            errors += validate_field_ref(item.field_ref, child(path, "fieldRef"), FILE_FIELD_PATHS)
            if item.resource_field_ref is not None:
                detail = "fieldRef and resourceFieldRef can not be specified simultaneously"
                errors.append(invalid(path, "resource", detail))
        elif item.resource_field_ref is not None:
            errors += validate_resource_ref(item.resource_field_ref, child(path, "resourceFieldRef"), is_file=True)
        else:
            errors.append(required(path, "one of fieldRef and resourceFieldRef is required"))
        errors += validate_mode(item.mode, child(path, "mode"))
    return errors


def validate_projections(projections: Iterable[VolumeProjection], path: str) -> list[FieldError]:
    """Several sources in one directory: each of one type, and no file twice."""
    errors = []
    taken: set[str] = set()
    for position, projection in enumerate(projections):
        place = index(child(path, "sources"), position)
        given = list(_validate_each(projection, place, path))
        errors += [error for found in given for error in found]
        for shown, file in _files(projection):
            if file in taken:
                errors.append(invalid(path, shown, TWICE))
            taken.add(file)
        if len(given) > 1:
            errors.append(forbidden(place, "may not specify more than 1 volume type per source"))
    return errors


def _validate_each(projection: VolumeProjection, path: str, parent: str) -> Iterator[list[FieldError]]:
    if projection.secret is not None:
        place = child(path, "secret")
        errors = [] if projection.secret.name else [required(child(place, "name"))]
        yield errors + validate_items(projection.secret.items, child(place, "items"))
    if projection.config_map is not None:
        place = child(path, "configMap")
        errors = [] if projection.config_map.name else [required(child(place, "name"))]
        yield errors + validate_items(projection.config_map.items, child(place, "items"))
    if projection.downward_api is not None:
        yield validate_downward_files(projection.downward_api.items, child(path, "downwardAPI"))
    if projection.service_account_token is not None:
        yield _validate_token(projection.service_account_token, child(path, "serviceAccountToken"), parent)
    if projection.cluster_trust_bundle is not None:
        yield _validate_trust_bundle(projection.cluster_trust_bundle, child(path, "clusterTrustBundle"))
    if projection.pod_certificate is not None:
        yield _validate_certificate(projection.pod_certificate, child(path, "podCertificate"))


def _files(projection: VolumeProjection) -> Iterator[tuple[str, str]]:
    """The files that a source makes, each with what is shown when it is there already."""
    for source in (projection.secret, projection.config_map):
        for item in source.items if source is not None else ():
            if item.path:
                yield source.name if source is not None else "", item.path
    for file in projection.downward_api.items if projection.downward_api is not None else ():
        if file.path:
            yield file.path, file.path
    if projection.cluster_trust_bundle is not None:
        yield projection.cluster_trust_bundle.path, projection.cluster_trust_bundle.path
    certificate = projection.pod_certificate
    if certificate is not None:
        for path in (
            certificate.credential_bundle_path,
            certificate.key_path,
            certificate.certificate_chain_path,
        ):
            if path:
                yield path, path


def _validate_token(token: ServiceAccountTokenProjection, path: str, parent: str) -> list[FieldError]:
    errors = []
    seconds, place = token.expiration_seconds or 0, child(path, "expirationSeconds")
    if seconds < TOKEN_S_MIN:
        errors.append(invalid(place, seconds, "may not specify a duration less than 10 minutes"))
    if seconds > TOKEN_S_MAX:
        errors.append(invalid(place, seconds, "may not specify a duration larger than 2^32 seconds"))
    # Upstream names the volume here, not the source.
    return errors + validate_file_path(token.path, child(parent, "path"))


def _validate_trust_bundle(bundle: ClusterTrustBundleProjection, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if bundle.name is not None and bundle.signer_name is not None:
        errors.append(invalid_whole(path, "only one of name and signerName may be used"))
    elif bundle.name is not None:
        if not bundle.name:
            errors.append(required(child(path, "name"), "must be a valid object name"))
        elif wrong := dns1123_subdomain(bundle.name.rpartition(":")[2]):
            detail = f"not a valid clustertrustbundlename: {wrong}"
            errors.append(invalid(child(path, "name"), bundle.name, detail))
        if bundle.label_selector is not None:
            detail = "labelSelector must be unset if name is specified"
            errors.append(invalid_whole(child(path, "labelSelector"), detail))
    elif bundle.signer_name is not None:
        if not bundle.signer_name:
            errors.append(required(child(path, "signerName"), "must be a valid signer name"))
        errors += validate_signer_name(bundle.signer_name, child(path, "signerName"))
        if bundle.label_selector is not None:
            errors += validate_label_selector(bundle.label_selector, child(path, "labelSelector"))
    else:
        errors.append(required(path, "either name or signerName must be specified"))
    return errors + validate_file_path(bundle.path, child(path, "path"))


def validate_signer_name(name: str, path: str) -> list[FieldError]:
    """Who signs: `example.com/web`, a domain and a path."""
    if not name:
        return [required(path)]
    domain, slash, rest = name.partition("/")
    if not slash or not rest:
        return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
    if "." not in domain:
        return [invalid(path, domain, "should be a domain with at least two segments separated by dots")]
    wrong = dns1123_subdomain(domain)
    errors = [invalid(path, domain, f"validating label {domain!r}: {wrong}")] if wrong else []
    return errors + [
        invalid(path, name, f"validating label {part!r}: {wrong}")
        for part in rest.split(".")
        if (wrong := dns1123_subdomain(part.lower()))
    ]


def _validate_certificate(certificate: PodCertificateProjection, path: str) -> list[FieldError]:
    errors = validate_signer_name(certificate.signer_name, child(path, "signerName"))
    errors += one_of(child(path, "keyType"), certificate.key_type, KEY_TYPES, may_be_absent=False)
    seconds, place = certificate.max_expiration_seconds, child(path, "maxExpirationSeconds")
    if seconds is not None and seconds < CERTIFICATE_S_MIN:
        errors.append(invalid(place, seconds, "if provided, maxExpirationSeconds must be >= 3600"))
    elif seconds is not None and seconds > CERTIFICATE_S_MAX:
        errors.append(invalid(place, seconds, "if provided, maxExpirationSeconds must be <= 7862400"))
    files = (
        ("credentialBundlePath", certificate.credential_bundle_path),
        ("keyPath", certificate.key_path),
        ("certificateChainPath", certificate.certificate_chain_path),
    )
    for name, file in files:
        if file:
            errors += validate_file_path(file, child(path, name))
    if not any(file for _, file in files):
        detail = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"
        errors.append(required(path, detail))
    for name in certificate.user_annotations:
        if wrong := qualified_name(name.lower()):
            errors.append(invalid(key(child(path, "userAnnotations"), name), name, wrong))
    return errors

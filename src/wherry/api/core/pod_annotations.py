"""Annotations of pods that the server itself reads.

Source: kubernetes pkg/apis/core/validation, ValidatePodSpecificAnnotations.
"""

from __future__ import annotations

from collections.abc import Iterator

from wherry.api.core.container import AppArmorProfile, Container, SeccompProfile
from wherry.api.core.pod_spec import PodSecurityContext, PodSpec
from wherry.api.core.relative_paths import validate_relative_path
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, key
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.numerals import whole_number

MIRROR = "kubernetes.io/config.mirror"
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
LOCALHOST = "localhost/"
RUNTIME_DEFAULT = ("runtime/default", "docker/default")
UNCONFINED = "unconfined"


def containers_of(spec: PodSpec, path: str) -> Iterator[tuple[str, Container]]:
    """All containers of a pod with their paths, in the order in which they start."""
    for name, containers in (
        ("initContainers", spec.init_containers),
        ("containers", spec.containers),
        ("ephemeralContainers", spec.ephemeral_containers),
    ):
        for position, container in enumerate(containers):
            yield index(child(path, name), position), container


def validate_pod_annotations(meta: ObjectMeta, spec: PodSpec, path: str) -> list[FieldError]:
    """Those of a pod, or of the pods of a template."""
    if not meta.annotations:
        return []
    errors = []
    mirrored = meta.annotations.get(MIRROR)
    if mirrored is not None and not spec.node_name:
        detail = "must set spec.nodeName if mirror pod annotation is set"
        errors.append(invalid(key(path, MIRROR), mirrored, detail))
    cost = meta.annotations.get(DELETION_COST)
    if cost is not None and not _is_int32(cost):
        errors.append(invalid(key(path, DELETION_COST), cost, "must be a 32bit integer"))
    names = {container.name for _, container in containers_of(spec, "")}
    for name, profile in meta.annotations.items():
        if name == SECCOMP_POD or name.startswith(SECCOMP_CONTAINER):
            errors += _validate_seccomp(profile, child(path, name))
        elif name.startswith(APP_ARMOR):
            errors += _validate_app_armor(name, profile, names, path)
    return errors


def validate_profiles_agree(meta: ObjectMeta, spec: PodSpec) -> list[FieldError]:
    """Where a new pod names a profile by a field and by an annotation, both say the same."""
    if not meta.annotations:
        return []
    errors = []
    context = spec.security_context or PodSecurityContext()
    if context.seccomp_profile is not None and SECCOMP_POD in meta.annotations:
        place = "spec.securityContext.seccompProfile"
        errors += _compare(meta.annotations[SECCOMP_POD], context.seccomp_profile, place, "seccomp")
    for path, container in containers_of(spec, "spec"):
        own = container.security_context
        place = child(path, "securityContext")
        annotation = meta.annotations.get(SECCOMP_CONTAINER + container.name)
        if annotation is not None and own is not None and own.seccomp_profile is not None:
            errors += _compare(annotation, own.seccomp_profile, child(place, "seccompProfile"), "seccomp")
        armor = (own.app_armor_profile if own is not None else None) or context.app_armor_profile
        annotation = meta.annotations.get(APP_ARMOR + container.name)
        if annotation is not None and armor is not None:
            errors += _compare(annotation, armor, child(place, "appArmorProfile"), "apparmor")
    return errors


def _compare(annotation: str, profile: SeccompProfile | AppArmorProfile, path: str, word: str) -> list[FieldError]:
    match profile.type:
        case "Unconfined":
            is_same_type = annotation == UNCONFINED
        case "RuntimeDefault":
            is_same_type = annotation in RUNTIME_DEFAULT
        case "Localhost":
            is_same_type = annotation.startswith(LOCALHOST)
        case _:
            return []
    if not is_same_type:
        return [forbidden(child(path, "type"), f"{word} type in annotation and field must match")]
    if profile.type == "Localhost" and annotation.removeprefix(LOCALHOST) != profile.localhost_profile:
        return [forbidden(child(path, "localhostProfile"), f"{word} profile in annotation and field must match")]
    return []


def _is_int32(text: str) -> bool:
    digits = text.removeprefix("-")
    number = whole_number(digits)
    if number is None or (digits != "0" and digits.startswith("0")):
        return False
    return -(2**31) <= (number if digits == text else -number) < 2**31


def _validate_seccomp(profile: str, path: str) -> list[FieldError]:
    if profile in (*RUNTIME_DEFAULT, UNCONFINED):
        return []
    if profile.startswith(LOCALHOST):
        return validate_relative_path(profile.removeprefix(LOCALHOST), path)
    return [invalid(path, profile, "must be a valid seccomp profile")]


def _validate_app_armor(name: str, profile: str, containers: set[str], path: str) -> list[FieldError]:
    errors = []
    container = name.removeprefix(APP_ARMOR)
    if container not in containers:
        errors.append(invalid(key(path, name), container, "container not found"))
    if profile not in ("", RUNTIME_DEFAULT[0], UNCONFINED) and not profile.startswith(LOCALHOST):
        errors.append(invalid(key(path, name), profile, f'invalid AppArmor profile name: "{profile}"'))
    return errors

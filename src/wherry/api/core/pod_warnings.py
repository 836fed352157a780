"""What to tell somebody about a pod that is valid and yet not what they think.

Source: kubernetes pkg/api/pod/warnings.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from wherry.api.core.affinity import NodeAffinity, PodAffinity
from wherry.api.core.container import Container, ContainerPort
from wherry.api.core.deprecated_words import (
    DEPRECATED_LABELS,
    warn_of_node_label,
    warn_of_node_labels,
    warn_of_sources,
)
from wherry.api.core.pod_annotations import APP_ARMOR, SECCOMP_CONTAINER, SECCOMP_POD, containers_of
from wherry.api.core.pod_spec import PodSecurityContext, PodSpec, PodTemplate
from wherry.api.documents import find
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import child, index, key, show
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity

Warn = Callable[[Document, Document | None], list[str]]

DEPRECATED_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
USE_SECCOMP_FIELD = 'non-functional in v1.27+; use the "seccompProfile" field instead'
USE_APP_ARMOR_FIELD = 'deprecated since v1.30; use the "appArmorProfile" field instead'
MATCHES_NOTHING = "a null labelSelector results in matching no pod"
NEGATIVE_GRACE = "must be >= 0; negative values are invalid and will be treated as 1"
WHOLE_BYTES = ("memory", "ephemeral-storage")


def warn_pod(new: Document, old: Document | None) -> list[str]:
    """Warnings about a new pod; nobody works on pods that exist, so changes give none."""
    if old is not None:
        return []
    pod = msgspec.convert(new, PodTemplate)
    warnings = list(_warn_spec("", pod.spec, pod.metadata))
    if pod.spec.node_name and pod.spec.node_selector:
        warnings.append(
            "spec.nodeName: setting both nodeName and nodeSelector bypasses the scheduler, so nodeSelector is ignored"
        )
    if wrong := dns1123_label(pod.metadata.name):
        warnings.append(surprising_name("the Pod's hostname", wrong))
    return warnings


def surprising_name(use: str, wrong: str) -> str:
    """A name that is allowed and will not work in DNS."""
    return (
        f"metadata.name: this is used in {use}, which can result in surprising behavior; "
        f"a DNS label is recommended: [{wrong}]"
    )


def warn_template(*paths: str) -> Warn:
    """The warnings about the templates of pods at these dotted paths, when the wish is new or has changed."""

    def warn(new: Document, old: Document | None) -> list[str]:
        if old is not None and find(new, "metadata", "generation") == find(old, "metadata", "generation"):
            return []
        warnings: list[str] = []
        for path in paths:
            template = find(new, *path.split("."))
            if isinstance(template, dict):
                typed = msgspec.convert(template, PodTemplate)
                warnings += _warn_spec(path, typed.spec, typed.metadata)
        return warnings

    return warn


def _warn_spec(path: str, spec: PodSpec, meta: ObjectMeta) -> Iterator[str]:
    """All warnings; `path` is the template's, or "" for a pod."""
    place = child(path, "spec")
    yield from _warn_labels(place, spec)
    for name, sentence in DEPRECATED_ANNOTATIONS.items():
        if name in meta.annotations:
            yield f"{key(child(path, 'metadata.annotations'), name)}: {sentence}"
    for position, volume in enumerate(spec.volumes):
        where = index(child(place, "volumes"), position)
        yield from warn_of_sources(volume, where)
        if volume.git_repo is not None:
            yield f"{child(where, 'gitRepo')}: deprecated in v1.11, and disabled by default in v1.33+"
    yield from _warn_token_paths(spec, child(place, "volumes"))
    yield from _warn_duplicates(child(place, "hostAliases"), "ip", [alias.ip for alias in spec.host_aliases])
    names = [secret.name for secret in spec.image_pull_secrets]
    yield from _warn_duplicates(child(place, "imagePullSecrets"), "name", names)
    for position, name in enumerate(names):
        if not name:
            yield f'{child(index(child(place, "imagePullSecrets"), position), "name")}: invalid empty name ""'
    yield from _warn_fractions(spec.overhead, child(place, "overhead"))
    context = spec.security_context or PodSecurityContext()
    if context.seccomp_profile is None and SECCOMP_POD in meta.annotations:
        yield f"{key(child(path, 'metadata.annotations'), SECCOMP_POD)}: {USE_SECCOMP_FIELD}"
    for container_place, container in containers_of(spec, place):
        yield from _warn_container(container, container_place)
        yield from _warn_profiles(path, container, meta, context)
    yield from _warn_ports(place, spec)
    if spec.termination_grace_period_seconds is not None and spec.termination_grace_period_seconds < 0:
        yield f"{child(place, 'terminationGracePeriodSeconds')}: {NEGATIVE_GRACE}"


def _warn_labels(path: str, spec: PodSpec) -> Iterator[str]:
    for name in spec.node_selector:
        if name in DEPRECATED_LABELS:
            yield f"{key(child(path, 'nodeSelector'), name)}: {DEPRECATED_LABELS[name]}"
    affinity = spec.affinity.node_affinity if spec.affinity else None
    yield from _warn_affinity(child(path, "affinity.nodeAffinity"), affinity or NodeAffinity())
    for position, constraint in enumerate(spec.topology_spread_constraints):
        place, name = index(child(path, "topologySpreadConstraints"), position), constraint.topology_key
        if name in DEPRECATED_LABELS:
            yield f"{child(place, 'topologyKey')}: {name} is {DEPRECATED_LABELS[name]}"
        if constraint.label_selector is None:
            yield f"{child(place, 'labelSelector')}: {MATCHES_NOTHING}"
    if spec.affinity is not None:
        yield from _warn_null_selectors(child(path, "affinity.podAffinity"), spec.affinity.pod_affinity)
        yield from _warn_null_selectors(child(path, "affinity.podAntiAffinity"), spec.affinity.pod_anti_affinity)


def _warn_null_selectors(path: str, affinity: PodAffinity | None) -> Iterator[str]:
    affinity = affinity or PodAffinity()
    place = child(path, "requiredDuringSchedulingIgnoredDuringExecution")
    for position, term in enumerate(affinity.required_during_scheduling_ignored_during_execution):
        if term.label_selector is None:
            yield f"{child(index(place, position), 'labelSelector')}: {MATCHES_NOTHING}"
    place = child(path, "preferredDuringSchedulingIgnoredDuringExecution")
    for position, weighted in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        if weighted.pod_affinity_term.label_selector is None:
            yield f"{child(index(place, position), 'podAffinityTerm.labelSelector')}: {MATCHES_NOTHING}"


def _warn_affinity(path: str, affinity: NodeAffinity) -> Iterator[str]:
    required = affinity.required_during_scheduling_ignored_during_execution
    place = child(path, "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms")
    yield from warn_of_node_labels(required.node_selector_terms if required else (), place)
    place = child(path, "preferredDuringSchedulingIgnoredDuringExecution")
    for position, preferred in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        yield from warn_of_node_label(preferred.preference, child(index(place, position), "preference"))


def _warn_token_paths(spec: PodSpec, path: str) -> Iterator[str]:
    """A file of a projected volume that lies where a token lies."""
    tokens = {
        source.service_account_token.path
        for volume in spec.volumes
        for source in (volume.projected.sources if volume.projected else ())
        if source.service_account_token is not None
    }
    for position, volume in enumerate(spec.volumes if tokens else ()):
        place = child(index(path, position), "projected.sources")
        for source in volume.projected.sources if volume.projected else ():
            for name, files in (
                ("configMap", [item.path for item in source.config_map.items] if source.config_map else []),
                ("secrets", [item.path for item in source.secret.items] if source.secret else []),
                ("downwardAPI", [item.path for item in source.downward_api.items] if source.downward_api else []),
            ):
                for number, file in enumerate(files):
                    if file in tokens:
                        where = index(child(place, name), number)
                        yield f"{where}: has duplicated path with ServiceAccountToken {show(file)}"
            bundle = source.cluster_trust_bundle
            if bundle is not None and bundle.path in tokens:
                where = child(place, "ClusterTrustBundle")
                yield f"{where}: has duplicated path with ServiceAccountToken {show(bundle.path)}"


def _warn_duplicates(path: str, name: str, values: list[str]) -> Iterator[str]:
    for position, value in enumerate(values):
        if value in values[:position]:
            yield f"{child(index(path, position), name)}: duplicate {name} {show(value)}"


def _warn_fractions(amounts: dict[str, QuantityText], path: str) -> Iterator[str]:
    """Half a byte."""
    for name in WHOLE_BYTES:
        amount = amounts.get(name)
        try:
            is_fraction = amount is not None and parse_quantity(amount).denominator != 1
        except QuantityError:
            continue
        if is_fraction:
            yield f"{key(path, name)}: fractional byte value {show(str(amount))} is invalid, must be an integer"


def _warn_container(container: Container, path: str) -> Iterator[str]:
    if container.resources is not None:
        yield from _warn_fractions(container.resources.limits, child(path, "resources.limits"))
        yield from _warn_fractions(container.resources.requests, child(path, "resources.requests"))
    names: set[str] = set()
    for position, variable in enumerate(container.env):
        reference = f"$({variable.name})"
        builds_on_it = variable.value_from is None and variable.value != reference and reference in variable.value
        if variable.name in names and not builds_on_it:
            yield (
                f"{index(child(path, 'env'), position)}: hides previous definition of {show(variable.name)}, "
                "which may be dropped when using apply"
            )
        names.add(variable.name)


def _warn_profiles(path: str, container: Container, meta: ObjectMeta, pod: PodSecurityContext) -> Iterator[str]:
    """Profiles that are named by annotations only."""
    own = container.security_context
    place = child(path, "metadata.annotations")
    annotation = SECCOMP_CONTAINER + container.name
    if annotation in meta.annotations and (own is None or own.seccomp_profile is None):
        yield f"{key(place, annotation)}: {USE_SECCOMP_FIELD}"
    annotation = APP_ARMOR + container.name
    has_field = pod.app_armor_profile is not None or (own is not None and own.app_armor_profile is not None)
    if annotation in meta.annotations and not has_field:
        yield f"{key(place, annotation)}: {USE_APP_ARMOR_FIELD}"


def _warn_ports(path: str, spec: PodSpec) -> Iterator[str]:
    """Ports that are named twice: allowed, and seldom meant."""
    known: dict[tuple[int, str], list[tuple[str, ContainerPort]]] = {}
    for container_place, container in containers_of(spec, path):
        for position, port in enumerate(container.ports):
            place = index(child(container_place, "ports"), position)
            others = known.setdefault((port.container_port, port.protocol), [])
            for other_place, other in others:
                word = _clash(port, other)
                if word:
                    yield f"{place}: {word} port definition with {other_place}"
            others.append((place, port))


def _clash(port: ContainerPort, other: ContainerPort) -> str:
    """How two definitions of one port get into each other's way, in a word; "" when they do not."""
    if (port.host_ip, port.host_port or 0) == (other.host_ip, other.host_port or 0):
        return "duplicate"
    if not port.host_port or not other.host_port:
        return "overlapping"
    return "overlapping" if port.host_port == other.host_port and "" in (port.host_ip, other.host_ip) else ""

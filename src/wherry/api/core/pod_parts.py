"""The parts of a pod that are written by paths of their own: containers to look inside, and the size of containers.

Source: kubernetes pkg/apis/core/validation, ValidatePodEphemeralContainersUpdate and ValidatePodResize, and
pkg/registry/core/pod/strategy.go.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import msgspec

from wherry.api.core.pod_annotations import MIRROR
from wherry.api.core.pod_spec import PodSpec
from wherry.api.core.pod_validation import validate_pod
from wherry.api.core.qos import compute_qos_class
from wherry.api.documents import find, find_section, sections, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import Part

RESIZED = ("resources", "resizePolicy")
RESIZABLE = ("cpu", "memory")
ONLY_CPU_AND_MEMORY = "only cpu and memory resources are mutable"


def _take_ephemeral_containers(stored: Document, given: Document) -> Document:
    """The stored pod with the list of the given one; what is said about it otherwise does not count."""
    spec = dict(find_section(stored, "spec") or {})
    listed = find(given, "spec", "ephemeralContainers")
    if listed:
        spec["ephemeralContainers"] = listed
    else:
        spec.pop("ephemeralContainers", None)
    return {**stored, "spec": spec}


def _validate_ephemeral_containers(new: Document, old: Document) -> list[FieldError]:
    if _is_static(old):
        return [forbidden("", "static pods do not support ephemeral containers")]
    errors = _validate_whole(new)
    path = "spec.ephemeralContainers"
    now = {text(container, "name"): container for container in sections(new, "spec", "ephemeralContainers")}
    for container in sections(old, "spec", "ephemeralContainers"):
        name = text(container, "name")
        if name not in now:
            errors.append(forbidden(path, f'existing ephemeral containers "{name}" may not be removed\n'))
        elif now[name] != container:
            errors.append(forbidden(path, f'existing ephemeral containers "{name}" may not be changed\n'))
    return errors


EPHEMERAL_CONTAINERS = Part(_take_ephemeral_containers, _validate_ephemeral_containers)


def _take_sizes(stored: Document, given: Document) -> Document:
    """The stored pod with the amounts of the given one, container by container as they are named."""
    spec = copy.deepcopy(find_section(stored, "spec") or {})
    for name in ("containers", "initContainers"):
        wanted = {text(container, "name"): container for container in sections(given, "spec", name)}
        order = [text(container, "name") for container in sections(given, "spec", name)]
        containers = sections(spec, name)
        for container in containers:
            _take_size(container, wanted.get(text(container, "name")))
        if order != [text(container, "name") for container in containers]:
            # Left as it came, so that validation can say that it must not.
            spec[name] = copy.deepcopy(find(given, "spec", name) or [])
    if find(given, "spec", "resources") is not None or "resources" in spec:
        spec["resources"] = copy.deepcopy(find(given, "spec", "resources") or {})
    return {**stored, "spec": spec}


def _take_size(container: Document, wanted: Document | None) -> None:
    for name in RESIZED if wanted is not None else ():
        assert wanted is not None
        if name in wanted:
            container[name] = copy.deepcopy(wanted[name])
        else:
            container.pop(name, None)


def _validate_sizes(new: Document, old: Document) -> list[FieldError]:
    if _is_static(old):
        return [forbidden("", "static pods cannot be resized")]
    if text(old, "spec", "os", "name") == "windows":
        return [forbidden("", "windows pods cannot be resized")]
    errors = _validate_whole(new)
    before, now = _spec(old), _spec(new)
    if compute_qos_class(now) != (text(old, "status", "qosClass") or compute_qos_class(before)):
        shown = text(old, "status", "qosClass")
        errors.append(invalid("spec", shown, "Pod QOS Class may not change as a result of resizing"))
    if not _can_be_resized(old):
        errors.append(forbidden("spec", "Pod running on node without support for resize"))
    for name in ("containers", "initContainers"):
        names = [[text(container, "name") for container in sections(pod, "spec", name)] for pod in (new, old)]
        if names[0] != names[1]:
            return [*errors, forbidden("spec", f"{name} may not be renamed or reordered on resize")]
    for name, sentence in (
        ("initContainers", "only cpu and memory resources for sidecar containers are mutable"),
        ("containers", ONLY_CPU_AND_MEMORY),
    ):
        pairs = zip(sections(new, "spec", name), sections(old, "spec", name), strict=True)
        for position, (container, was) in enumerate(pairs):
            errors += _validate_size(container, was, f"{index(child('spec', name), position)}", sentence)
    return errors


def _validate_size(container: Document, was: Document, path: str, sentence: str) -> list[FieldError]:
    """One container: nothing is taken away, and nothing but cpu and memory changes."""
    is_sidecar = text(was, "restartPolicy") == "Always"
    if path.startswith("spec.initContainers") and not is_sidecar:
        if container == was:
            return []
        return [forbidden("spec", "resources for non-sidecar init containers are immutable")]
    errors = []
    for name in ("requests", "limits"):
        now, before = _amounts(container, name), _amounts(was, name)
        if before.keys() - now.keys():
            place = child(child(path, "resources"), name)
            errors.append(forbidden(place, f"resource {name} cannot be removed"))
        if {key: value for key, value in now.items() if key not in RESIZABLE} != {
            key: value for key, value in before.items() if key not in RESIZABLE
        }:
            errors.append(forbidden("spec", sentence))
    if find(container, "resources", "claims") != find(was, "resources", "claims"):
        errors.append(forbidden("spec", sentence))
    if container.get("resizePolicy") != was.get("resizePolicy"):
        errors.append(forbidden("spec", sentence))
    return errors


def _amounts(container: Document, name: str) -> Mapping[str, object]:
    return find_section(container, "resources", name) or {}


def _can_be_resized(pod: Document) -> bool:
    """Whether the pod's node has said, by reporting amounts, that it can change them; without a node, it may be so."""
    for status in sections(pod, "status", "containerStatuses"):
        if find(status, "state", "running") is not None:
            return find(status, "resources") is not None
    return True


SIZES = Part(_take_sizes, _validate_sizes)


def _is_static(pod: Document) -> bool:
    """Whether this only mirrors a pod that a node has from a file."""
    return find(pod, "metadata", "annotations", MIRROR) is not None


def _spec(pod: Document) -> PodSpec:
    return msgspec.convert(pod.get("spec", {}), PodSpec)


def _validate_whole(pod: Document) -> list[FieldError]:
    return validate_pod(msgspec.convert(pod.get("metadata", {}), ObjectMeta), _spec(pod))

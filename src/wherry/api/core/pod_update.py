"""What may still be changed about a pod that exists: very little.

Works on whole documents, so that fields that no Struct knows are guarded too.

Source: kubernetes pkg/apis/core/validation, ValidatePodUpdate.
"""

from __future__ import annotations

import copy

from wherry.api.documents import find, find_section, sections, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid

ALLOWED = (
    "pod updates may not change fields other than "
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
ONLY_ADDITIONS = "only additions are allowed (no mutations or deletions)"
SECONDS_MAX = 2**31 - 1
REQUIRED_TERMS = ("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")


def validate_pod_update(new: Document, old: Document | None) -> list[FieldError]:
    """The rules for a pod's spec on update; nothing on create."""
    if old is None:
        return []
    new_spec = find_section(new, "spec") or {}
    old_spec = find_section(old, "spec") or {}
    if new_spec == old_spec:
        return []
    for name in ("containers", "initContainers"):
        if len(sections(new_spec, name)) != len(sections(old_spec, name)):
            return [forbidden(f"spec.{name}", "pod updates may not add or remove containers")]
    errors = _validate_deadline(new_spec, old_spec)
    if not _only_adds(new_spec.get("tolerations"), old_spec.get("tolerations")):
        detail = "existing toleration can not be modified except its tolerationSeconds"
        errors.append(forbidden("spec.tolerations", detail))
    errors += _validate_gates(new_spec, old_spec)
    if old_spec.get("schedulingGates"):
        errors += _validate_placement(new_spec, old_spec)
    expected = _with_allowed_changes(old_spec, new_spec)
    if expected != new_spec:
        errors.append(forbidden("spec", f"{ALLOWED}\n{difference(new_spec, expected, 'spec')}"))
    return errors


def difference(new: Document, expected: Document, path: str) -> str:
    """Which fields are not as they should be, for the end of an error."""
    names = sorted(expected.keys() | new.keys())
    changed = [child(path, name) for name in names if expected.get(name) != new.get(name)]
    return f"changed: {', '.join(changed)}"


def _validate_deadline(new_spec: Document, old_spec: Document) -> list[FieldError]:
    path = "spec.activeDeadlineSeconds"
    new_s, old_s = new_spec.get("activeDeadlineSeconds"), old_spec.get("activeDeadlineSeconds")
    if isinstance(new_s, int) and not 0 <= new_s <= SECONDS_MAX:
        return [invalid(path, new_s, f"must be between 0 and {SECONDS_MAX}, inclusive")]
    if isinstance(old_s, int):
        if not isinstance(new_s, int):
            return [invalid(path, new_s, "must not update from a positive integer to nil value")]
        if new_s > old_s:
            return [invalid(path, new_s, "must be less than or equal to previous value")]
    return []


def _only_adds(new: object, old: object) -> bool:
    def core(toleration: object) -> object:
        if not isinstance(toleration, dict):
            return toleration
        return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}

    kept = [core(one) for one in new] if isinstance(new, list) else []
    return all(core(one) in kept for one in old) if isinstance(old, list) else True


def _validate_gates(new_spec: Document, old_spec: Document) -> list[FieldError]:
    """Gates before a pod's scheduling can only be opened."""
    known = {text(gate, "name") for gate in sections(old_spec, "schedulingGates")}
    errors = []
    for position, gate in enumerate(sections(new_spec, "schedulingGates")):
        if text(gate, "name") not in known:
            place = child(index("spec.schedulingGates", position), "name")
            detail = f"only deletion is allowed, but found new scheduling gate '{text(gate, 'name')}'"
            errors.append(forbidden(place, detail))
    return errors


def _validate_placement(new_spec: Document, old_spec: Document) -> list[FieldError]:
    """As long as a gate is closed, the wish for a node may become narrower, never wider."""
    errors = []
    new_labels = find_section(new_spec, "nodeSelector") or {}
    old_labels = find_section(old_spec, "nodeSelector") or {}
    if not old_labels.items() <= new_labels.items():
        errors.append(invalid("spec.nodeSelector", new_labels, ONLY_ADDITIONS))
    path = "spec.affinity.nodeAffinity"
    terms = sections(new_spec, "affinity", "nodeAffinity", *REQUIRED_TERMS)
    before = sections(old_spec, "affinity", "nodeAffinity", *REQUIRED_TERMS)
    place = child(path, ".".join(REQUIRED_TERMS))
    if before and len(terms) != len(before):
        detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        return [*errors, invalid(place, terms, detail)]
    for position, (term, old_term) in enumerate(zip(terms, before, strict=False)):
        if not _is_narrower(term, old_term):
            errors.append(invalid(index(place, position), term, ONLY_ADDITIONS))
    return errors


def _is_narrower(term: Document, before: Document) -> bool:
    """Whether a term says all that it said, and perhaps more; an empty one chose nothing and stays so."""
    if not sections(before, "matchExpressions") and not sections(before, "matchFields"):
        return term == before
    return all(
        sections(term, name)[: len(sections(before, name))] == sections(before, name)
        for name in ("matchExpressions", "matchFields")
    )


def _with_allowed_changes(old_spec: Document, new_spec: Document) -> Document:
    """The old spec with every change of the new one that is allowed, or told apart already."""
    expected = copy.deepcopy(old_spec)
    for name in ("activeDeadlineSeconds", "tolerations", "schedulingGates"):
        _take(expected, new_spec, name)
    for name in ("containers", "initContainers"):
        for container, changed in zip(sections(expected, name), sections(new_spec, name), strict=True):
            if "image" in changed:
                container["image"] = changed["image"]
    if old_spec.get("schedulingGates"):
        _take(expected, new_spec, "nodeSelector")
        affinity = find_section(expected, "affinity")
        if affinity is None and new_spec.get("affinity") is not None:
            affinity = {}
            expected["affinity"] = affinity
        if affinity is not None:
            _take(affinity, find_section(new_spec, "affinity") or {}, "nodeAffinity")
        if not affinity and "affinity" not in new_spec:
            expected.pop("affinity", None)
    grace_s = find(old_spec, "terminationGracePeriodSeconds")
    if isinstance(grace_s, int) and grace_s < 0 and new_spec.get("terminationGracePeriodSeconds") == 1:
        expected["terminationGracePeriodSeconds"] = 1
    return expected


def _take(target: Document, source: Document, name: str) -> None:
    if name in source:
        target[name] = source[name]
    else:
        target.pop(name, None)

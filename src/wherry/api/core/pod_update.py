"""What may still be changed about a pod that exists: very little.

Works on whole documents, so that fields that no Struct knows are guarded too.

Source: kubernetes pkg/apis/core/validation, ValidatePodUpdate.
"""

from __future__ import annotations

import copy

from wherry.api.documents import find, find_section, sections
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, forbidden, invalid

ALLOWED = (
    "pod updates may not change fields other than "
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def validate_pod_update(new: Document, old: Document | None) -> list[FieldError]:
    """The rules for a pod's spec on update; nothing on create."""
    if old is None:
        return []
    new_spec = find_section(new, "spec") or {}
    old_spec = find_section(old, "spec") or {}
    for name in ("containers", "initContainers"):
        if len(sections(new_spec, name)) != len(sections(old_spec, name)):
            return [forbidden(f"spec.{name}", "pod updates may not add or remove containers")]
    errors = _validate_deadline(new_spec, old_spec)
    if not _only_adds(new_spec.get("tolerations"), old_spec.get("tolerations")):
        detail = "existing toleration can not be modified except its tolerationSeconds"
        errors.append(forbidden("spec.tolerations", detail))
    expected = _with_allowed_changes(old_spec, new_spec)
    if expected != new_spec:
        changed = sorted(name for name in expected.keys() | new_spec.keys() if expected.get(name) != new_spec.get(name))
        errors.append(forbidden("spec", f"{ALLOWED}\nchanged: {', '.join(f'spec.{name}' for name in changed)}"))
    return errors


def _validate_deadline(new_spec: Document, old_spec: Document) -> list[FieldError]:
    path = "spec.activeDeadlineSeconds"
    new_s, old_s = new_spec.get("activeDeadlineSeconds"), old_spec.get("activeDeadlineSeconds")
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


def _with_allowed_changes(old_spec: Document, new_spec: Document) -> Document:
    """The old spec with every change of the new one that is allowed."""
    expected = copy.deepcopy(old_spec)
    for name in ("activeDeadlineSeconds", "tolerations"):
        if name in new_spec:
            expected[name] = new_spec[name]
        else:
            expected.pop(name, None)
    for name in ("containers", "initContainers"):
        for container, changed in zip(sections(expected, name), sections(new_spec, name), strict=True):
            if "image" in changed:
                container["image"] = changed["image"]
    grace_s = find(old_spec, "terminationGracePeriodSeconds")
    if isinstance(grace_s, int) and grace_s < 0 and new_spec.get("terminationGracePeriodSeconds") == 1:
        expected["terminationGracePeriodSeconds"] = 1
    return expected

"""Groups of the Kubernetes community (*.k8s.io, *.kubernetes.io): their kinds have been reviewed, or say that not.

Source: kubernetes apiextensions-apiserver, pkg/apihelpers/helpers.go; pkg/controller/apiapproval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from wherry.apimachinery.field_errors import FieldError, invalid, key, required

ANNOTATION = "api-approved.kubernetes.io"
PROTECTED = ("k8s.io", "kubernetes.io")
_SEE = "see https://github.com/kubernetes/enhancements/pull/1111"

State = Literal["Approved", "Bypassed", "Missing", "Invalid"]


def is_protected(group: str) -> bool:
    """Whether the group belongs to the Kubernetes community."""
    return group.endswith(tuple(f".{name}" for name in PROTECTED)) or group in PROTECTED


def approval_state(annotations: Mapping[str, str]) -> tuple[State, str]:
    """Whether somebody has approved of the kind, and the sentence that says so."""
    said = annotations.get(ANNOTATION, "")
    if not said:
        return "Missing", f'protected groups must have approval annotation "{ANNOTATION}", {_SEE}'
    try:
        parts = urlsplit(said)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme and parts.netloc:
        return "Approved", f"approved in {said}"
    if said.startswith("unapproved"):
        return "Bypassed", f'not approved: "{said}"'
    return "Invalid", (
        f'protected groups must have approval annotation "{ANNOTATION}" with either a URL or a reason starting with '
        f'"unapproved", {_SEE}'
    )


def validate_approval(
    group: str, annotations: Mapping[str, str], old_annotations: Mapping[str, str] | None
) -> list[FieldError]:
    """A protected group needs the annotation; a definition that never had it may go on without."""
    if not is_protected(group):
        return []
    state, message = approval_state(annotations)
    if state in ("Approved", "Bypassed"):
        return []
    if old_annotations is not None and approval_state(old_annotations)[0] == state:
        return []
    place = key("metadata.annotations", ANNOTATION)
    return [required(place, message) if state == "Missing" else invalid(place, annotations[ANNOTATION], message)]

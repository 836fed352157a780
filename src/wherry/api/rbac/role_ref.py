"""Who is bound to which role: what RoleBinding and ClusterRoleBinding share.

Source: kubernetes pkg/apis/rbac/validation and v1/defaults.go.
"""

from __future__ import annotations

import msgspec

from wherry.api.documents import find_section, put_absent, sections
from wherry.api.rbac.policy_rule import RBAC_GROUP, path_segment
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, not_supported, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_subdomain
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

ROLE_KINDS = ("Role", "ClusterRole")
SERVICE_ACCOUNT, USER, GROUP = "ServiceAccount", "User", "Group"


class RoleRef(Struct):
    """The role that is lent."""

    api_group: str = ""
    kind: str = ""
    name: str = ""


class Subject(Struct):
    """Who gets it: a User, a Group or a ServiceAccount."""

    kind: str = ""
    api_group: str = ""
    name: str = ""
    namespace: str = ""


def default_binding(new: Document) -> None:
    """Fill in the groups of the role and of the subjects."""
    reference = find_section(new, "roleRef")
    if reference is not None:
        put_absent(reference, apiGroup=RBAC_GROUP)
    for subject in sections(new, "subjects"):
        if subject.get("kind") in (USER, GROUP):
            put_absent(subject, apiGroup=RBAC_GROUP)


def validate_binding(
    reference: RoleRef, subjects: tuple[Subject, ...], kinds: tuple[str, ...], old: RoleRef | None, *, namespaced: bool
) -> list[FieldError]:
    """All that is wrong with a binding; `kinds` are the roles that it may lend, `old` the role before an update."""
    errors = []
    if reference.api_group != RBAC_GROUP:
        errors.append(not_supported("roleRef.apiGroup", reference.api_group, [RBAC_GROUP]))
    if reference.kind not in kinds:
        errors.append(not_supported("roleRef.kind", reference.kind, kinds))
    if not reference.name:
        errors.append(required("roleRef.name"))
    elif wrong := path_segment(reference.name):
        errors.append(invalid("roleRef.name", reference.name, wrong))
    for place, subject in enumerate(subjects):
        errors += _validate_subject(subject, index("subjects", place), namespaced=namespaced)
    if old is not None and old != reference:
        errors.append(invalid("roleRef", msgspec.to_builtins(reference), "cannot change roleRef"))
    return errors


def _validate_subject(subject: Subject, path: str, *, namespaced: bool) -> list[FieldError]:
    errors = [] if subject.name else [required(child(path, "name"))]
    if subject.kind == SERVICE_ACCOUNT:
        wrong = dns1123_subdomain(subject.name) if subject.name else ""
        if wrong:
            errors.append(invalid(child(path, "name"), subject.name, wrong))
        if subject.api_group:
            errors.append(not_supported(child(path, "apiGroup"), subject.api_group, [""]))
        if not namespaced and not subject.namespace:
            errors.append(required(child(path, "namespace")))
    elif subject.kind in (USER, GROUP):
        if subject.api_group != RBAC_GROUP:
            errors.append(not_supported(child(path, "apiGroup"), subject.api_group, [RBAC_GROUP]))
    else:
        errors.append(not_supported(child(path, "kind"), subject.kind, [SERVICE_ACCOUNT, USER, GROUP]))
    return errors


BINDING_COLUMNS = (
    NAME_COLUMN,
    Column("Role", description="The role that is lent."),
    AGE_COLUMN,
    Column("Users", description="The users who get it.", priority=1),
    Column("Groups", description="The groups who get it.", priority=1),
    Column("ServiceAccounts", description="The service accounts that get it.", priority=1),
)


def binding_row(
    meta: ObjectMeta, reference: RoleRef, subjects: tuple[Subject, ...], now_s: float
) -> tuple[object, ...]:
    """What `kubectl get` prints of a binding."""
    names = {kind: [one.name for one in subjects if one.kind == kind] for kind in (USER, GROUP)}
    accounts = [f"{one.namespace}/{one.name}" for one in subjects if one.kind == SERVICE_ACCOUNT]
    return (
        meta.name,
        f"{reference.kind}/{reference.name}",
        age_since(meta.creation_timestamp, now_s),
        ", ".join(names[USER]),
        ", ".join(names[GROUP]),
        ", ".join(accounts),
    )

"""Brings the roles and bindings of every Kubernetes up to date at a start.

What is missing is made; a role of that name that lacks rules gets them back, a binding its subjects, unless its
annotation rbac.authorization.kubernetes.io/autoupdate says "false". What people have added stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import orjson

from wherry.api.rbac.policy_rule import RBAC_GROUP, PolicyRule
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import error_from_status
from wherry.apiserver.authorization.bootstrap_policy import (
    AUTO_UPDATE,
    cluster_role_bindings,
    cluster_roles,
    role_bindings,
    roles,
)
from wherry.apiserver.authorization.rules import uncovered
from wherry.apiserver.wire import list_in, mapping_in, metadata_of, text_in

Ask = Callable[[str, str, bytes], Awaitable[tuple[int, bytes]]]
"""Method, path and JSON body to status and body."""

ROOT = f"/apis/{RBAC_GROUP}/v1"
FINE = (200, 201, 409)


async def ensure_policy(ask: Ask) -> None:
    """Make what is missing and complete what is incomplete. Safe to run at every start."""
    for plural, wanted in (
        ("clusterroles", cluster_roles()),
        ("roles", roles()),
        ("clusterrolebindings", cluster_role_bindings()),
        ("rolebindings", role_bindings()),
    ):
        found = await _found(ask, plural)
        # All at once: they share the store's commits.
        await asyncio.gather(*(_ensure(ask, plural, document, found) for document in wanted))


async def _found(ask: Ask, plural: str) -> dict[tuple[str, str], Document]:
    status, body = await ask("GET", f"{ROOT}/{plural}", b"")
    if status not in FINE:
        raise error_from_status(body, status)
    found: dict[tuple[str, str], Document] = {}
    for item in orjson.loads(body)["items"]:
        metadata = metadata_of(item)
        found[text_in(metadata, "namespace"), text_in(metadata, "name")] = item
    return found


async def _ensure(ask: Ask, plural: str, wanted: Document, found: dict[tuple[str, str], Document]) -> None:
    metadata = metadata_of(wanted)
    namespace, name = text_in(metadata, "namespace"), text_in(metadata, "name")
    collection = f"{ROOT}/namespaces/{namespace}/{plural}" if namespace else f"{ROOT}/{plural}"
    current = found.get((namespace, name))
    if current is None:
        await _write(ask, "POST", collection, wanted)
        return
    if mapping_in(metadata_of(current), "annotations").get(AUTO_UPDATE) == "false":
        return
    completed = complete_binding(current, wanted) if "roleRef" in wanted else complete_role(current, wanted)
    if completed is not None and completed.get("roleRef") != current.get("roleRef"):
        # A binding's role cannot be changed: it is made again.
        await _write(ask, "DELETE", f"{collection}/{name}", {})
        await _write(ask, "POST", collection, wanted)
    elif completed is not None:
        await _write(ask, "PUT", f"{collection}/{name}", completed)


def complete_role(current: Document, wanted: Document) -> Document | None:
    """The role with the rules, labels and selectors that it lacks; None when it lacks nothing."""
    completed = _with_marks(current, wanted)
    held, needed = _rules(current), _rules(wanted)
    # Most are there word for word; only the others are taken apart.
    same = set(held)
    missing = [rule for rule in needed if rule not in same and uncovered(held, [rule])]
    if missing and "aggregationRule" not in wanted:
        completed["rules"] = [*list_in(current, "rules"), *(msgspec.to_builtins(rule) for rule in missing)]
    selectors = list_in(mapping_in(current, "aggregationRule"), "clusterRoleSelectors")
    lacking = [
        selector
        for selector in list_in(mapping_in(wanted, "aggregationRule"), "clusterRoleSelectors")
        if selector not in selectors
    ]
    if lacking:
        completed["aggregationRule"] = {"clusterRoleSelectors": [*selectors, *lacking]}
    return completed if completed != current else None


def complete_binding(current: Document, wanted: Document) -> Document | None:
    """The binding with the subjects and labels that it lacks; None when it lacks nothing."""
    if current.get("roleRef") != wanted.get("roleRef"):
        return wanted
    completed = _with_marks(current, wanted)
    subjects = list_in(current, "subjects")
    missing = [subject for subject in list_in(wanted, "subjects") if subject not in subjects]
    if missing:
        completed["subjects"] = [*subjects, *missing]
    return completed if completed != current else None


def _with_marks(current: Document, wanted: Document) -> Document:
    metadata = dict(metadata_of(current))
    for name in ("labels", "annotations"):
        marks = {**mapping_in(metadata_of(wanted), name), **mapping_in(metadata, name)}
        if marks:
            metadata[name] = marks
    return {**current, "metadata": metadata}


def _rules(role: Document) -> list[PolicyRule]:
    return msgspec.convert(list_in(role, "rules"), list[PolicyRule])


async def _write(ask: Ask, method: str, path: str, body: Document) -> None:
    status, answer = await ask(method, path, orjson.dumps(body))
    if status not in FINE:
        raise error_from_status(answer, status)

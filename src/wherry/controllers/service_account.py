"""Sees to it that every namespace has its `default` ServiceAccount, which pods use unless told otherwise.

Source: kubernetes pkg/controller/serviceaccount/serviceaccounts_controller.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Create
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import deletions_only, for_kind, mapped

DEFAULT = "default"


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide whether the namespace needs its ServiceAccount."""
    namespace = view.lister(NAMESPACES).get(*key)
    if namespace is None or namespace.metadata.is_being_deleted or namespace.status.phase == "Terminating":
        return []
    if view.lister(SERVICE_ACCOUNTS).get(key.name, DEFAULT) is not None:
        return []
    document = {"metadata": {"name": DEFAULT, "namespace": key.name}}
    why = f"namespace {key.name} has no ServiceAccount {DEFAULT}"
    return [Create(SERVICE_ACCOUNTS, key.name, {**document}, why, exists_ok=True)]


SERVICE_ACCOUNT_CONTROLLER = Controller(
    name="serviceaccount-controller",
    primary=NAMESPACES,
    sources=(
        for_kind(NAMESPACES),
        mapped(SERVICE_ACCOUNTS, lambda account: [ObjectKey("", account.metadata.namespace)], matters=deletions_only),
    ),
    plan=plan,
)

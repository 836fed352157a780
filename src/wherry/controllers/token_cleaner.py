"""Removes bootstrap tokens whose time is over.

Source: kubernetes pkg/controller/bootstrap/tokencleaner.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.bootstrap_token import NAMESPACE, TYPE, decoded, is_expired
from wherry.api.core.secret import SECRETS, Secret
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import parse_time
from wherry.reconcile.actions import Action, Delete, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import mapped


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide whether the token's time is over, or when it will be."""
    secret = view.lister(SECRETS).get(*key)
    if secret is None or secret.type != TYPE or secret.metadata.is_being_deleted:
        return []
    data = decoded(secret.data)
    if is_expired(data, view.now_s):
        why = f"its expiration, {data['expiration']}, has passed"
        return [Delete(SECRETS, key.namespace, key.name, why, uid=secret.metadata.uid)]
    if "expiration" not in data:
        return []
    return [Requeue(parse_time(data["expiration"]) - view.now_s, "a bootstrap token is good until its expiration")]


def _tokens(secret: Secret) -> list[ObjectKey]:
    meta = secret.metadata
    return [meta.key] if meta.namespace == NAMESPACE and secret.type == TYPE else []


TOKEN_CLEANER = Controller(
    name="token-cleaner-controller", primary=SECRETS, sources=(mapped(SECRETS, _tokens),), plan=plan
)

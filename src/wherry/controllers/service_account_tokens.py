"""Fills Secrets of the type kubernetes.io/service-account-token, and removes those whose account is gone.

Source: kubernetes pkg/controller/serviceaccount/tokens_controller.go.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from wherry.api.core.secret import SECRETS, Secret
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS, ServiceAccount
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Delete, LiveObject, Patch
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import mapped, matched

TYPE = "kubernetes.io/service-account-token"
NAME, UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"

MakeToken = Callable[[str, str, str, str], str]
"""Namespace, name and uid of the account, name of the Secret -> a token that lives as long as the Secret."""


def service_account_tokens_controller(ca_pem: str, make_token: MakeToken) -> Controller:
    """The controller; `ca_pem` goes into every Secret, so that who has the token can trust the server."""

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        return plan_secret(key, view, ca_pem, make_token)

    return Controller(
        name="serviceaccount-token-controller",
        primary=SECRETS,
        sources=(mapped(SECRETS, _own), matched(SERVICE_ACCOUNTS, _of_account)),
        plan=plan,
    )


def plan_secret(key: ObjectKey, view: View, ca_pem: str, make_token: MakeToken) -> Sequence[Action]:
    """Decide what the Secret lacks, or that nobody can use it any more."""
    secret = view.lister(SECRETS).get(*key)
    if secret is None or secret.type != TYPE or secret.metadata.is_being_deleted:
        return []
    annotations = secret.metadata.annotations
    name, uid = annotations.get(NAME, ""), annotations.get(UID, "")
    account = view.lister(SERVICE_ACCOUNTS).get(key.namespace, name)
    if account is None or (uid and uid != account.metadata.uid):
        why = f"the service account {name} that it is for does not exist"
        alive = (LiveObject(SERVICE_ACCOUNTS, key.namespace, name, uid),)
        return [Delete(SECRETS, key.namespace, key.name, why, uid=secret.metadata.uid, unless=alive)]
    data = {"ca.crt": _text(ca_pem), "namespace": _text(key.namespace)}
    changes: Document = {file: value for file, value in data.items() if secret.data.get(file) != value}
    if not secret.data.get("token"):
        changes["token"] = _text(make_token(key.namespace, name, account.metadata.uid, key.name))
    patch: Document = {"data": changes} if changes else {}
    if not uid:
        patch["metadata"] = {"annotations": {UID: account.metadata.uid}}
    if not patch:
        return []
    why = f"it is to hold a token of the service account {name}"
    return [Patch(SECRETS, *key, patch, why, resource_version=secret.metadata.resource_version)]


def _text(plain: str) -> str:
    return base64.b64encode(plain.encode()).decode()


def _own(secret: Secret) -> list[ObjectKey]:
    return [secret.metadata.key] if secret.type == TYPE else []


def _of_account(account: ServiceAccount, view: View) -> list[ObjectKey]:
    meta = account.metadata
    return [
        secret.metadata.key
        for secret in view.lister(SECRETS).list(meta.namespace)
        if secret.type == TYPE and secret.metadata.annotations.get(NAME) == meta.name
    ]

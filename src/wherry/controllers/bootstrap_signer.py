"""Signs kube-public/cluster-info with every bootstrap token, so that a new machine knows whom to trust.

Source: kubernetes pkg/controller/bootstrap/bootstrapsigner.go and cluster-bootstrap, token/jws.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence

from wherry.api.core.bootstrap_token import NAMESPACE, TYPE, decoded, is_expired
from wherry.api.core.configmap import CONFIG_MAPS, ConfigMap
from wherry.api.core.secret import SECRETS, Secret
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Patch
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import mapped

CLUSTER_INFO = ObjectKey("kube-public", "cluster-info")
KUBECONFIG = "kubeconfig"
SIGNATURE_PREFIX = "jws-kubeconfig-"


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide whether signatures are missing, wrong or too many."""
    info = view.lister(CONFIG_MAPS).get(*CLUSTER_INFO)
    content = "" if info is None else info.data.get(KUBECONFIG, "")
    if info is None or not content:
        return []
    wanted = {
        SIGNATURE_PREFIX + token_id: detached_signature(content, token_id, token_secret)
        for token_id, token_secret in _signing_tokens(view)
    }
    present = {name: value for name, value in info.data.items() if name.startswith(SIGNATURE_PREFIX)}
    if wanted == present:
        return []
    changes: Document = {**{name: None for name in present if name not in wanted}, **wanted}
    why = "it is to be signed with every bootstrap token that is for signing, and with no other"
    return [Patch(CONFIG_MAPS, *CLUSTER_INFO, {"data": changes}, why, resource_version=info.metadata.resource_version)]


def detached_signature(content: str, token_id: str, token_secret: str) -> str:
    """A JSON Web Signature (HS256) of `content`, without the content itself."""
    header = _text(json.dumps({"alg": "HS256", "kid": token_id}, separators=(",", ":")).encode())
    signed = f"{header}.{_text(content.encode())}".encode()
    return f"{header}..{_text(hmac.new(token_secret.encode(), signed, hashlib.sha256).digest())}"


def _signing_tokens(view: View) -> list[tuple[str, str]]:
    tokens = []
    for secret in view.lister(SECRETS).list(NAMESPACE):
        data = decoded(secret.data) if secret.type == TYPE else {}
        if data.get("usage-bootstrap-signing") == "true" and not is_expired(data, view.now_s):
            tokens.append((data.get("token-id", ""), data.get("token-secret", "")))
    return sorted(token for token in tokens if all(token))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _is_info(config_map: ConfigMap) -> list[ObjectKey]:
    return [CLUSTER_INFO] if config_map.metadata.key == CLUSTER_INFO else []


def _concerns_info(secret: Secret) -> list[ObjectKey]:
    is_token = secret.metadata.namespace == NAMESPACE and secret.type == TYPE
    return [CLUSTER_INFO] if is_token else []


BOOTSTRAP_SIGNER = Controller(
    name="bootstrap-signer-controller",
    primary=CONFIG_MAPS,
    sources=(mapped(CONFIG_MAPS, _is_info), mapped(SECRETS, _concerns_info)),
    plan=plan,
)

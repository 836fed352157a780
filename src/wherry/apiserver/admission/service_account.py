"""Every pod runs as a service account and finds its token in a volume."""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, forbidden
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import list_in, mapping_in, text_in
from wherry.kit.ids import name_suffix
from wherry.kit.tasks import TaskScope
from wherry.store.interface import Watch

MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
# One hour and seven seconds: the value by which upstream recognises tokens of its own volumes.
TOKEN_EXPIRATION_S = 3607
# A namespace's `default` account is made right after the namespace; whoever is faster waits for it.
DEFAULT_ACCOUNT_WAIT_S = 5.0
MIRROR_ANNOTATION = "kubernetes.io/config.mirror"


class ServiceAccount:
    """Sets spec.serviceAccountName and mounts the account's token."""

    name = "ServiceAccount"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "pods")})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks service accounts up in the store."""
        self._store = environment.store
        self._clock = environment.clock
        self._random = environment.random

    async def admit(self, attributes: Attributes) -> None:
        """Raise Forbidden if the account does not exist."""
        annotations = mapping_in(mapping_in(attributes.object, "metadata"), "annotations")
        if MIRROR_ANNOTATION in annotations:
            return
        spec = mapping_in(attributes.object, "spec")
        account_name = text_in(spec, "serviceAccountName") or text_in(spec, "serviceAccount") or "default"
        spec["serviceAccountName"] = spec["serviceAccount"] = account_name
        account = await self._account(account_name, attributes)
        if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
            spec["imagePullSecrets"] = account["imagePullSecrets"]
        automount = spec.get("automountServiceAccountToken")
        if automount is None:
            automount = account.get("automountServiceAccountToken")
        if automount is not False:
            self._mount_token(spec)

    async def _account(self, name: str, attributes: Attributes) -> Document:
        key = f"/core/serviceaccounts/{attributes.namespace}/{name}"
        found = await self._store.get(key)
        value = found.value if found else None
        if value is None and name == "default":
            value = await self._wait_for(key)
        if value is None:
            raise _no_account(attributes, name)
        document: Document = orjson.loads(value)
        return document

    async def _wait_for(self, key: str) -> bytes | None:
        watch = self._store.watch(key, after_revision=self._store.revision)
        found = await self._store.get(key)
        if found is not None:
            watch.close()
            return found.value
        async with TaskScope("default-service-account") as scope:
            _ = scope.start("patience", self._close_later(watch))
            async for events in watch:
                for event in events:
                    if event.key == key and event.value is not None:
                        watch.close()
                        return event.value
        return None

    async def _close_later(self, watch: Watch) -> None:
        await self._clock.sleep(DEFAULT_ACCOUNT_WAIT_S)
        watch.close()

    def _mount_token(self, spec: Document) -> None:
        containers = [
            container
            for container in (*list_in(spec, "initContainers"), *list_in(spec, "containers"))
            if isinstance(container, dict) and not _mounts_token(container)
        ]
        if not containers:
            return
        volume_name = f"kube-api-access-{name_suffix(self._random)}"
        spec["volumes"] = [*list_in(spec, "volumes"), token_volume(volume_name)]
        for container in containers:
            mount: Document = {"name": volume_name, "readOnly": True, "mountPath": MOUNT_PATH}
            container["volumeMounts"] = [*list_in(container, "volumeMounts"), mount]


def token_volume(name: str) -> Document:
    """The volume with the account's token, the cluster's CA and the namespace's name."""
    token: Document = {"expirationSeconds": TOKEN_EXPIRATION_S, "path": "token"}
    ca: Document = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    namespace: Document = {
        "path": "namespace",
        "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
    }
    sources: list[Document] = [
        {"serviceAccountToken": token},
        {"configMap": ca},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": 0o644}}


def _mounts_token(container: Document) -> bool:
    mounts = list_in(container, "volumeMounts")
    return any(isinstance(mount, dict) and mount.get("mountPath") == MOUNT_PATH for mount in mounts)


def _no_account(attributes: Attributes, name: str) -> Forbidden:
    where = f"{attributes.namespace}/{name}"
    detail = f'error looking up service account {where}: serviceaccount "{name}" not found'
    return forbidden("pods", "", attributes.name, detail)

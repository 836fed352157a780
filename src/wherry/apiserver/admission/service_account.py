"""Every pod runs as a service account, finds its token in a volume, and uses only secrets that the account may use.

Source: kubernetes plugin/pkg/admission/serviceaccount.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from wherry.api.documents import find, sections, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, forbidden
from wherry.apiserver.admission.interface import AdmissionEnvironment, Attributes, Operation
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
ENFORCE_ANNOTATION = "kubernetes.io/enforce-mountable-secrets"
TRUE_TEXTS = ("1", "t", "T", "TRUE", "true", "True")
# How messages call the containers of each list.
CALLED = {"initContainers": "init container", "containers": "container", "ephemeralContainers": "ephemeral container"}


class ServiceAccount:
    """Sets spec.serviceAccountName and mounts the account's token."""

    name = "ServiceAccount"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "pods")})
    subresources = frozenset({"", "ephemeralcontainers"})

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks service accounts up in the store."""
        self._store = environment.store
        self._clock = environment.clock
        self._random = environment.random

    async def admit(self, attributes: Attributes) -> None:
        """Raise Forbidden if the account does not exist."""
        if attributes.operation != "CREATE" or _is_mirror(attributes.object):
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

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden if the pod uses what it may not."""
        is_creation = attributes.operation == "CREATE"
        if not is_creation and not attributes.subresource:
            return
        if is_creation and _is_mirror(attributes.object):
            wrong = next(misuses_of_mirror(attributes.object), "")
        else:
            spec = mapping_in(attributes.object, "spec")
            account = await self._account(text_in(spec, "serviceAccountName") or "default", attributes)
            wrong = next(unmountable(spec, account, is_creation=is_creation), "") if _is_strict(account) else ""
        if wrong:
            raise forbidden("pods", "", attributes.name, wrong)

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


def misuses_of_mirror(pod: Document) -> Iterator[str]:
    """What a node's own pod may not refer to: nothing that is kept in the API."""
    spec = mapping_in(pod, "spec")
    if text_in(spec, "serviceAccountName"):
        yield "a mirror pod may not reference service accounts"
    volumes = sections(spec, "volumes")
    sources = [source for volume in volumes for source in sections(volume, "projected", "sources")]
    containers = [container for field in CALLED for container in sections(spec, field)]
    variables = [find(variable, "valueFrom") for container in containers for variable in sections(container, "env")]
    froms = [each for container in containers for each in sections(container, "envFrom")]
    used = [*volumes, *sources, *froms, *(each for each in variables if isinstance(each, dict))]
    if list_in(spec, "imagePullSecrets") or any(not _SECRETS.isdisjoint(each) for each in used):
        yield "a mirror pod may not reference secrets"
    if any(not _CONFIG_MAPS.isdisjoint(each) for each in used):
        yield "a mirror pod may not reference configmaps"
    if any("persistentVolumeClaim" in volume for volume in volumes):
        yield "a mirror pod may not reference persistentvolumeclaims"
    if any("serviceAccountToken" in source for source in sources):
        yield "a mirror pod may not use service account token volume projections"


_SECRETS = {"secret", "secretRef", "secretKeyRef"}
_CONFIG_MAPS = {"configMap", "configMapRef", "configMapKeyRef"}


def unmountable(spec: Document, account: Document, *, is_creation: bool) -> Iterator[str]:
    """The secrets that the pod uses and the account does not list.

    Args:
        is_creation: everything counts; otherwise only the ephemeral containers, which come later.
    """
    mountable = {text(reference, "name") for reference in sections(account, "secrets")}
    end = f"is not allowed because service account {text(account, 'metadata', 'name')} does not reference that"
    for volume in sections(spec, "volumes") if is_creation else ():
        name = text(volume, "secret", "secretName")
        if name and name not in mountable:
            yield f'volume with secret.secretName="{name}" {end} secret'
    for field in CALLED if is_creation else ("ephemeralContainers",):
        for container in sections(spec, field):
            for place, name in _secrets_in_environment(container):
                if name not in mountable:
                    called = f"{CALLED[field]} {text(container, 'name')}"
                    yield f'{called} with {place} referencing secret.secretName="{name}" {end} secret'
    pullable = {text(reference, "name") for reference in sections(account, "imagePullSecrets")}
    for position, reference in enumerate(sections(spec, "imagePullSecrets") if is_creation else ()):
        name = text(reference, "name")
        if name not in pullable:
            yield f'imagePullSecrets[{position}].name="{name}" {end} imagePullSecret'


def _secrets_in_environment(container: Document) -> Iterator[tuple[str, str]]:
    for variable in sections(container, "env"):
        if isinstance(find(variable, "valueFrom", "secretKeyRef"), dict):
            yield f"envVar {text(variable, 'name')}", text(variable, "valueFrom", "secretKeyRef", "name")
    for source in sections(container, "envFrom"):
        if isinstance(find(source, "secretRef"), dict):
            yield "envFrom", text(source, "secretRef", "name")


def _is_strict(account: Document) -> bool:
    return text(account, "metadata", "annotations", ENFORCE_ANNOTATION) in TRUE_TEXTS


def _is_mirror(pod: Document) -> bool:
    return MIRROR_ANNOTATION in mapping_in(mapping_in(pod, "metadata"), "annotations")


def _mounts_token(container: Document) -> bool:
    mounts = list_in(container, "volumeMounts")
    return any(isinstance(mount, dict) and mount.get("mountPath") == MOUNT_PATH for mount in mounts)


def _no_account(attributes: Attributes, name: str) -> Forbidden:
    where = f"{attributes.namespace}/{name}"
    detail = f'error looking up service account {where}: serviceaccount "{name}" not found'
    return forbidden("pods", "", attributes.name, detail)

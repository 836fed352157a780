"""Which node's pods use which secrets, config maps, claims, volumes and service accounts.

Read from the store's own changes when a node asks; what a pod refers to changes only with its spec, so that the many
changes of a pod's status cost a comparison each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import orjson

from wherry.apimachinery.document import Document
from wherry.apiserver.wire import list_in, mapping_in, text_in
from wherry.store.interface import Compacted, Store, Watch

PODS = "/core/pods/"
VOLUMES = "/core/persistentvolumes/"
ATTACHMENTS = "/storage.k8s.io/volumeattachments/"
MIRROR_ANNOTATION = "kubernetes.io/config.mirror"

Reference = tuple[str, str, str]
"""plural, namespace, name"""


class _Metadata(msgspec.Struct):
    annotations: dict[str, str] = {}


class _Object(msgspec.Struct):
    metadata: _Metadata
    spec: msgspec.Raw = msgspec.Raw(b"{}")


@dataclass(frozen=True, slots=True)
class _Pod:
    node: str
    spec_hash: int
    references: frozenset[Reference]


@dataclass(frozen=True, slots=True)
class _Volume:
    claim: Reference | None
    secrets: frozenset[Reference]


class NodeGraph:
    """Answers whether a node has to do with an object."""

    def __init__(self, store: Store) -> None:
        """Nothing is read before the first `refresh`."""
        self._store = store
        self._watches: dict[str, Watch] = {}
        self._pods: dict[str, _Pod] = {}
        self._users: dict[Reference, set[str]] = {}
        self._volumes: dict[str, _Volume] = {}
        self._attachments: dict[str, str] = {}
        self._decoder = msgspec.json.Decoder(_Object)

    async def refresh(self) -> None:
        """Take in what has changed."""
        for prefix in (PODS, VOLUMES, ATTACHMENTS):
            try:
                watch = self._watches.get(prefix)
                if watch is not None:
                    for event in watch.take():
                        self._apply(prefix, event.key, event.value)
                    continue
            except Compacted:
                # Nodes ask rarely, and much may be written between two questions.
                pass
            watch = self._store.watch(prefix, after_revision=self._store.revision)
            page = await self._store.list(prefix)
            self._forget_all_but(prefix, {item.key for item in page.items})
            for item in page.items:
                self._apply(prefix, item.key, item.value)
            self._watches[prefix] = watch

    def has_pod(self, node: str, namespace: str, name: str) -> bool:
        """Whether this pod runs, or shall run, on the node."""
        pod = self._pods.get(f"{PODS}{namespace}/{name}")
        return pod is not None and pod.node == node

    def is_related(self, node: str, plural: str, namespace: str, name: str) -> bool:
        """Whether a pod of the node uses the object."""
        if plural == "volumeattachments":
            return self._attachments.get(f"{ATTACHMENTS}{name}") == node
        if plural == "persistentvolumes":
            volume = self._volumes.get(f"{VOLUMES}{name}")
            return volume is not None and volume.claim is not None and self._uses(node, volume.claim)
        reference = (plural, namespace, name)
        if self._uses(node, reference):
            return True
        return plural == "secrets" and any(
            reference in volume.secrets and volume.claim is not None and self._uses(node, volume.claim)
            for volume in self._volumes.values()
        )

    def _uses(self, node: str, reference: Reference) -> bool:
        return any(self._pods[key].node == node for key in self._users.get(reference, ()))

    def _forget_all_but(self, prefix: str, kept: set[str]) -> None:
        known = [*self._pods, *self._volumes, *self._attachments]
        for key in known:
            if key.startswith(prefix) and key not in kept:
                self._apply(prefix, key, None)

    def _apply(self, prefix: str, key: str, value: bytes | None) -> None:
        if prefix == PODS:
            self._put_pod(key, value)
        elif prefix == VOLUMES:
            self._volumes.pop(key, None)
            if value is not None:
                self._volumes[key] = _volume_from(mapping_in(orjson.loads(value), "spec"))
        else:
            self._attachments.pop(key, None)
            if value is not None:
                self._attachments[key] = text_in(mapping_in(orjson.loads(value), "spec"), "nodeName")

    def _put_pod(self, key: str, value: bytes | None) -> None:
        before = self._pods.get(key)
        item = None if value is None else self._decoder.decode(value)
        if before is not None and item is not None and before.spec_hash == hash(bytes(item.spec)):
            return
        for reference in before.references if before is not None else ():
            users = self._users[reference]
            users.discard(key)
            if not users:
                del self._users[reference]
        self._pods.pop(key, None)
        if item is None:
            return
        pod = self._pods[key] = _pod_from(key, item)
        for reference in pod.references:
            self._users.setdefault(reference, set()).add(key)


def _pod_from(key: str, item: _Object) -> _Pod:
    spec: Document = orjson.loads(bytes(item.spec))
    namespace, _, name = key.removeprefix(PODS).partition("/")
    # What a node claims to run of its own accord gives it no right to anything.
    references = () if MIRROR_ANNOTATION in item.metadata.annotations else references_of(spec, namespace, name)
    return _Pod(text_in(spec, "nodeName"), hash(bytes(item.spec)), frozenset(references))


def references_of(spec: Document, namespace: str, pod: str) -> Iterator[Reference]:
    """What a pod of this spec uses."""
    account = text_in(spec, "serviceAccountName")
    if account:
        yield "serviceaccounts", namespace, account
    for volume in list_in(spec, "volumes"):
        if isinstance(volume, dict):
            ephemeral = f"{pod}-{volume.get('name')}" if "ephemeral" in volume else ""
            claim = ephemeral or text_in(mapping_in(volume, "persistentVolumeClaim"), "claimName")
            if claim:
                yield "persistentvolumeclaims", namespace, claim
            named = text_in(mapping_in(volume, "secret"), "secretName")
            if named:
                yield "secrets", namespace, named
    for plural, value in _walk(spec):
        name = text_in(value, "name")
        if name:
            yield plural, namespace, name


def _walk(value: object) -> Iterator[tuple[str, Document]]:
    """Every mapping below `value` that names a secret or a config map, with the plural of what it names."""
    if isinstance(value, list):
        for item in value:
            yield from _walk(item)
    elif isinstance(value, dict):
        for field, item in value.items():
            plural = _NAMING.get(field) or ("secrets" if field.endswith("SecretRef") else "")
            items: list[object] = item if isinstance(item, list) else [item]
            yield from ((plural, one) for one in items if plural and isinstance(one, dict))
            yield from _walk(item)


_NAMING = {
    "configMap": "configmaps",
    "configMapRef": "configmaps",
    "configMapKeyRef": "configmaps",
    "secret": "secrets",
    "secretRef": "secrets",
    "secretKeyRef": "secrets",
    "imagePullSecrets": "secrets",
}


def _volume_from(spec: Document) -> _Volume:
    claim = mapping_in(spec, "claimRef")
    namespace, name = text_in(claim, "namespace"), text_in(claim, "name")
    secrets = {
        (plural, text_in(value, "namespace") or namespace, text_in(value, "name"))
        for plural, value in _walk(spec)
        if plural == "secrets"
    }
    reference = ("persistentvolumeclaims", namespace, name) if name else None
    return _Volume(reference, frozenset(secrets))

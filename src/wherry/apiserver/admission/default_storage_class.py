"""A claim that names no storage class gets the default one."""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import mapping_in, text_in

PREFIX = "/storage.k8s.io/storageclasses/"
DEFAULT_ANNOTATIONS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
OLD_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"


class DefaultStorageClass:
    """Fills in spec.storageClassName."""

    name = "DefaultStorageClass"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "persistentvolumeclaims")})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks storage classes up in the store."""
        self._store = environment.store

    async def admit(self, attributes: Attributes) -> None:
        """Choose the newest default class; an empty name ("") was meant and stays."""
        spec = mapping_in(attributes.object, "spec")
        if "storageClassName" in spec or OLD_CLASS_ANNOTATION in mapping_in(
            mapping_in(attributes.object, "metadata"), "annotations"
        ):
            return
        page = await self._store.list(PREFIX)
        defaults: list[Document] = []
        for item in page.items:
            metadata = mapping_in(orjson.loads(item.value), "metadata")
            annotations = mapping_in(metadata, "annotations")
            if any(annotations.get(name) == "true" for name in DEFAULT_ANNOTATIONS):
                defaults.append(metadata)
        if defaults:
            newest = max(defaults, key=lambda metadata: text_in(metadata, "creationTimestamp"))
            spec["storageClassName"] = text_in(newest, "name")

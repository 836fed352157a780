"""A claim that names no storage class gets the default one."""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import mapping_in, text_in

PREFIX = "/storage.k8s.io/storageclasses/"
DEFAULT_ANNOTATION = "storageclass.kubernetes.io/is-default-class"


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
        if "storageClassName" in spec:
            return
        page = await self._store.list(PREFIX)
        defaults: list[Document] = []
        for item in page.items:
            metadata = mapping_in(orjson.loads(item.value), "metadata")
            if mapping_in(metadata, "annotations").get(DEFAULT_ANNOTATION) == "true":
                defaults.append(metadata)
        if defaults:
            newest = max(defaults, key=lambda metadata: text_in(metadata, "creationTimestamp"))
            spec["storageClassName"] = text_in(newest, "name")

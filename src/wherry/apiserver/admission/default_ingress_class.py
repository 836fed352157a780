"""An Ingress that names no class gets the default one."""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import mapping_in, text_in

GROUP = "networking.k8s.io"
PREFIX = f"/{GROUP}/ingressclasses/"
DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"
OLD_CLASS_ANNOTATION = "kubernetes.io/ingress.class"


class DefaultIngressClass:
    """Fills in spec.ingressClassName."""

    name = "DefaultIngressClass"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[tuple[str, str]] = frozenset({(GROUP, "ingresses")})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks ingress classes up in the store."""
        self._store = environment.store

    async def admit(self, attributes: Attributes) -> None:
        """Choose the newest default class, and of several made at once the first by name."""
        spec = mapping_in(attributes.object, "spec")
        annotations = mapping_in(mapping_in(attributes.object, "metadata"), "annotations")
        if "ingressClassName" in spec or OLD_CLASS_ANNOTATION in annotations:
            return
        page = await self._store.list(PREFIX)
        classes: list[Document] = [mapping_in(orjson.loads(item.value), "metadata") for item in page.items]
        defaults = [each for each in classes if mapping_in(each, "annotations").get(DEFAULT_ANNOTATION) == "true"]
        if defaults:
            newest = max(defaults, key=lambda metadata: text_in(metadata, "creationTimestamp"))
            spec["ingressClassName"] = text_in(newest, "name")

"""Marks claims and volumes so that they cannot vanish while they are in use; controllers take the marks away."""

from __future__ import annotations

from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import list_in, metadata_of

FINALIZERS = {
    ("", "persistentvolumeclaims"): "kubernetes.io/pvc-protection",
    ("", "persistentvolumes"): "kubernetes.io/pv-protection",
}


class StorageObjectInUseProtection:
    """Adds the protecting finalizer to a new claim or volume."""

    name = "StorageObjectInUseProtection"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[tuple[str, str]] = frozenset(FINALIZERS)
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Needs nothing from its environment."""

    async def admit(self, attributes: Attributes) -> None:
        """Add what is missing."""
        metadata = metadata_of(attributes.object)
        finalizers = list_in(metadata, "finalizers")
        own = FINALIZERS[attributes.resource.group, attributes.resource.plural]
        if own not in finalizers:
            metadata["finalizers"] = [*finalizers, own]

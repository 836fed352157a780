"""What writers of PersistentVolumes and of claims should know: sources and words that are on their way out.

Source: kubernetes pkg/api/persistentvolume and pkg/api/persistentvolumeclaim.
"""

from __future__ import annotations

from collections.abc import Mapping

from wherry.api.core.deprecated_words import warn_of_node_labels, warn_of_sources
from wherry.api.core.persistent_volume_parts import PersistentVolumeSpec
from wherry.api.core.storage_terms import CLASS_ANNOTATION, CLASS_ANNOTATION_IS_OLD
from wherry.apimachinery.field_errors import key
from wherry.apimachinery.quantity import QuantityText, parse_quantity

OPTIONS_ANNOTATION = "volume.beta.kubernetes.io/mount-options"
RECYCLE_IS_OLD = (
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. "
    "Instead, the recommended approach is to use dynamic provisioning."
)


def warnings_of_volume(spec: PersistentVolumeSpec, annotations: Mapping[str, str]) -> list[str]:
    """The warnings for a valid PersistentVolume."""
    warnings: list[str] = []
    if spec.node_affinity is not None and spec.node_affinity.required is not None:
        terms = spec.node_affinity.required.node_selector_terms
        warnings += warn_of_node_labels(terms, "spec.nodeAffinity.required.nodeSelectorTerms")
    if CLASS_ANNOTATION in annotations:
        warnings.append(CLASS_ANNOTATION_IS_OLD)
    if OPTIONS_ANNOTATION in annotations:
        place = key("metadata.annotations", OPTIONS_ANNOTATION)
        warnings.append(f'{place}: deprecated since v1.31; use "mountOptions" attribute instead')
    if spec.persistent_volume_reclaim_policy == "Recycle":
        warnings.append(RECYCLE_IS_OLD)
    return [*warnings, *warn_of_sources(spec, "spec")]


def warnings_of_claim(requests: Mapping[str, QuantityText], annotations: Mapping[str, str], path: str) -> list[str]:
    """The warnings for a valid claim, or a template of one; `path` is where its spec is."""
    warnings = [CLASS_ANNOTATION_IS_OLD] if CLASS_ANNOTATION in annotations else []
    amount = requests.get("storage")
    if amount is not None and parse_quantity(amount).denominator != 1:
        place = f"{path}.resources.requests[storage]"
        warnings.append(f'{place}: fractional byte value "{amount}" is invalid, must be an integer')
    return warnings

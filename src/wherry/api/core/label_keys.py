"""Labels that a new pod's wishes take from the pod itself: near, far from or spread among its own release.

`matchLabelKeys: [pod-template-hash]` means: pods with the same value of that label as this one. The server writes
that value into the selector when the pod is made; from then on the scheduler needs to know nothing of it.

Source: kubernetes pkg/registry/core/pod/strategy.go, applyMatchLabelKeysAndMismatchLabelKeys.
"""

from __future__ import annotations

from wherry.api.documents import find, find_section, sections
from wherry.apimachinery.document import Document

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def merge_label_keys(pod: Document) -> None:
    """Write the pod's own labels into the selectors of its affinities and spread constraints, in place."""
    labels = find_section(pod, "metadata", "labels") or {}
    for name in ("podAffinity", "podAntiAffinity"):
        affinity = find_section(pod, "spec", "affinity", name) or {}
        for term in sections(affinity, REQUIRED):
            _merge(term, labels)
        for weighted in sections(affinity, PREFERRED):
            _merge(find_section(weighted, "podAffinityTerm") or {}, labels)
    for constraint in sections(pod, "spec", "topologySpreadConstraints"):
        _merge(constraint, labels)


def _merge(term: Document, labels: Document) -> None:
    selector = find_section(term, "labelSelector")
    if selector is None:
        return
    added: list[Document] = []
    for name, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")):
        keys = find(term, name)
        added += [
            {"key": key, "operator": operator, "values": [labels[key]]}
            for key in (keys if isinstance(keys, list) else ())
            if key in labels
        ]
    if added:
        selector["matchExpressions"] = [*sections(selector, "matchExpressions"), *added]

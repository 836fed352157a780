"""Which nodes a pod wants or refuses: selectors, affinities, tolerations."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.struct import KEPT, Struct


class NodeSelectorRequirement(Struct):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class NodeSelectorTerm(Struct):
    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


class NodeSelector(Struct):
    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


class PreferredSchedulingTerm(Struct):
    preference: NodeSelectorTerm = field(default_factory=NodeSelectorTerm)
    weight: int = 0


class NodeAffinity(Struct):
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()
    required_during_scheduling_ignored_during_execution: NodeSelector | None = None


class PodAffinityTerm(Struct):
    label_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    topology_key: str = ""


class WeightedPodAffinityTerm(Struct):
    pod_affinity_term: PodAffinityTerm = field(default_factory=PodAffinityTerm)
    weight: int = 0


class PodAffinity(Struct):
    """Which other pods a pod wants near, or (as an anti-affinity) far."""

    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()


class Affinity(Struct):
    node_affinity: NodeAffinity | None = None
    pod_affinity: Annotated[PodAffinity | None, KEPT] = None
    pod_anti_affinity: Annotated[PodAffinity | None, KEPT] = None


class TopologySpreadConstraint(Struct):
    label_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    max_skew: int = 0
    min_domains: int | None = None
    node_affinity_policy: str = ""
    node_taints_policy: str = ""
    topology_key: str = ""
    when_unsatisfiable: str = ""


class Toleration(Struct):
    effect: str = ""
    key: str = ""
    operator: str = ""
    toleration_seconds: int | None = None
    value: str = ""

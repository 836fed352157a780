"""On which nodes a DaemonSet's pods run, and how such a pod is made for its node.

Source: kubernetes pkg/controller/daemon, NodeShouldRunDaemonPod and util/daemonset_util.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.apps.daemonset import DAEMON_SETS, DaemonSet, template_generation_of
from wherry.api.core.affinity import Toleration
from wherry.api.core.node import Node
from wherry.api.core.pod import Pod
from wherry.api.core.pod_spec import PodSpec
from wherry.api.core.workload import pod_template
from wherry.api.documents import section, sections
from wherry.apimachinery.document import Document
from wherry.controllers.pod_template import build_pod
from wherry.reconcile.node_selectors import selects
from wherry.reconcile.pods import is_terminal, tolerates

HASH_LABEL = "controller-revision-hash"
GENERATION_LABEL = "pod-template-generation"
NODE_FIELD = "metadata.name"
# What never drives a daemon from its node: it is there to look after such a node.
ALWAYS_TOLERATED = (
    Toleration(key="node.kubernetes.io/not-ready", operator="Exists", effect="NoExecute"),
    Toleration(key="node.kubernetes.io/unreachable", operator="Exists", effect="NoExecute"),
    Toleration(key="node.kubernetes.io/disk-pressure", operator="Exists", effect="NoSchedule"),
    Toleration(key="node.kubernetes.io/memory-pressure", operator="Exists", effect="NoSchedule"),
    Toleration(key="node.kubernetes.io/pid-pressure", operator="Exists", effect="NoSchedule"),
    Toleration(key="node.kubernetes.io/unschedulable", operator="Exists", effect="NoSchedule"),
)
NETWORK_TOLERATED = Toleration(key="node.kubernetes.io/network-unavailable", operator="Exists", effect="NoSchedule")
REFUSING = ("NoSchedule", "NoExecute")


class Placement:
    """Answers for one DaemonSet; it reads the template once."""

    def __init__(self, daemon_set: DaemonSet) -> None:
        """Nodes are asked about one by one."""
        self._set = daemon_set
        self._spec: PodSpec = pod_template(daemon_set.spec.template).spec
        extra = (NETWORK_TOLERATED,) if self._spec.host_network else ()
        self._tolerations = (*self._spec.tolerations, *ALWAYS_TOLERATED, *extra)

    def judge(self, node: Node) -> tuple[bool, bool]:
        """Whether a pod shall be started there, and whether one that is there may stay."""
        if self._spec.node_name not in ("", node.metadata.name) or not self._fits(node):
            return False, False
        hostile = [taint for taint in node.spec.taints if taint.effect in REFUSING]
        unborne = [taint for taint in hostile if not any(tolerates(each, taint) for each in self._tolerations)]
        return not unborne, all(taint.effect != "NoExecute" for taint in unborne)

    def _fits(self, node: Node) -> bool:
        if not self._spec.node_selector.items() <= node.metadata.labels.items():
            return False
        affinity = self._spec.affinity.node_affinity if self._spec.affinity else None
        required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
        return required is None or selects(required, node)

    def build(self, node_name: str, revision_hash: str) -> Document:
        """A pod for this node: the scheduler binds it there and nowhere else."""
        meta = self._set.metadata
        pod = build_pod(self._set.spec.template, DAEMON_SETS, meta, generate_name=f"{meta.name}-")
        labels = section(pod, "metadata", "labels")
        labels[HASH_LABEL] = revision_hash
        labels[GENERATION_LABEL] = str(template_generation_of(meta))
        spec = section(pod, "spec")
        required = section(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
        required["nodeSelectorTerms"] = [
            {"matchFields": [{"key": NODE_FIELD, "operator": "In", "values": [node_name]}]}
        ]
        tolerations = sections(spec, "tolerations")
        extra = (NETWORK_TOLERATED,) if self._spec.host_network else ()
        for one in (*ALWAYS_TOLERATED, *extra):
            wanted: Document = {"key": one.key, "operator": one.operator, "effect": one.effect}
            if wanted not in tolerations:
                tolerations.append(wanted)
        spec["tolerations"] = tolerations
        return pod


def node_of(pod: Pod) -> str:
    """The node that a pod is on or is meant for; "" if neither is known."""
    if pod.spec.node_name:
        return pod.spec.node_name
    affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    for term in required.node_selector_terms if required else ():
        for requirement in term.match_fields:
            if requirement.key == NODE_FIELD and requirement.operator == "In" and len(requirement.values) == 1:
                return requirement.values[0]
    return ""


def pods_by_node(pods: Iterable[Pod]) -> dict[str, list[Pod]]:
    """The pods node by node, oldest first; those that have ended and are being deleted count no more."""
    found: dict[str, list[Pod]] = {}
    for pod in pods:
        if not (is_terminal(pod) and pod.metadata.is_being_deleted):
            found.setdefault(node_of(pod), []).append(pod)
    for listed in found.values():
        listed.sort(key=_seniority)
    return found


def _seniority(pod: Pod) -> tuple[bool, str, str]:
    """One that has a node is older than one that has none."""
    return not pod.spec.node_name, pod.metadata.creation_timestamp, pod.metadata.name

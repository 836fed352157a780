"""A node writes its own Node, the status of its own pods, its lease, and nothing of other nodes.

Source: kubernetes plugin/pkg/admission/noderestriction.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, forbidden
from wherry.apiserver.admission.interface import AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.authorization.node import LEASES_NAMESPACE, node_of
from wherry.apiserver.authorization.node_graph import MIRROR_ANNOTATION, references_of
from wherry.apiserver.wire import list_in, mapping_in, text_in

KUBELET_LABELS = frozenset({
    "kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch",
    "beta.kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
    "node.kubernetes.io/instance-type", "topology.kubernetes.io/region", "topology.kubernetes.io/zone",
})  # fmt: skip
KUBELET_LABEL_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
KUBERNETES_DOMAINS = ("kubernetes.io", "k8s.io")
SAME_NAME = "can only access node lease with the same name as the requesting node"


class NodeRestriction:
    """Refuses what a node writes beyond its own."""

    name = "NodeRestriction"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE", "DELETE"})
    resources: frozenset[tuple[str, str]] = frozenset({
        ("", "pods"), ("", "nodes"), ("", "persistentvolumeclaims"), ("", "serviceaccounts"),
        ("coordination.k8s.io", "leases"), ("storage.k8s.io", "csinodes"),
    })  # fmt: skip
    subresources: frozenset[str] = frozenset()

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks pods up in the store."""
        self._store = environment.store

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden."""
        node = node_of(attributes.user)
        if not node:
            return
        place = (attributes.resource.plural, attributes.subresource)
        if place == ("serviceaccounts", "token"):
            await self._check_token(node, attributes)
        elif place == ("pods", "eviction"):
            pod = await self._pod(attributes.namespace, attributes.name)
            if _node_name(pod) != node:
                raise _refusal(attributes, f"node {node} can only evict pods with spec.nodeName set to itself")
        else:
            check = _CHECKS.get(place) or _CHECKS.get((attributes.resource.plural, "*"))
            refusal = check(node, attributes) if check is not None else ""
            if refusal:
                raise _refusal(attributes, refusal)

    async def _pod(self, namespace: str, name: str) -> Document:
        found = await self._store.get(f"/core/pods/{namespace}/{name}")
        pod: Document = orjson.loads(found.value) if found else {}
        return pod

    async def _check_token(self, node: str, attributes: Attributes) -> None:
        spec = mapping_in(attributes.object, "spec")
        reference = mapping_in(spec, "boundObjectRef")
        kind, name, uid = (text_in(reference, field) for field in ("kind", "name", "uid"))
        if (kind, text_in(reference, "apiVersion")) != ("Pod", "v1") or not name:
            raise _refusal(attributes, "node requested token not bound to a pod")
        if not uid:
            raise _refusal(attributes, "node requested token with a pod binding without a uid")
        pod = await self._pod(attributes.namespace, name)
        recorded = text_in(mapping_in(pod, "metadata"), "uid")
        if recorded and uid != recorded:
            detail = (
                f"the UID in the bound object reference ({uid}) does not match the UID in record. "
                "The object might have been deleted and then recreated"
            )
            raise _refusal(attributes, detail)
        if _node_name(pod) != node:
            raise _refusal(attributes, "node requested token bound to a pod scheduled on a different node")
        _check_audiences(attributes, [str(audience) for audience in list_in(spec, "audiences")], pod)


def _check_audiences(attributes: Attributes, audiences: list[str], pod: Document) -> None:
    """A node gets tokens for the API server, and for whom the pod's own volumes are."""
    if len(audiences) > 1:
        raise _refusal(attributes, "node may only request 0 or 1 audiences")
    named = {
        text_in(mapping_in(source, "serviceAccountToken"), "audience")
        for volume in list_in(mapping_in(pod, "spec"), "volumes")
        if isinstance(volume, dict)
        for source in list_in(mapping_in(volume, "projected"), "sources")
        if isinstance(source, dict)
    }
    if audiences and audiences[0] not in named:
        detail = f'audience "{audiences[0]}" not found in pod spec volume'
        raise _refusal(attributes, detail)


def _check_pod(node: str, attributes: Attributes) -> str:
    if attributes.operation == "DELETE":
        is_own = _node_name(attributes.object) == node
        return "" if is_own else f'node "{node}" can only delete pods with spec.nodeName set to itself'
    if attributes.operation != "CREATE":
        return f'unexpected operation "{attributes.operation}", node "{node}" can only create and delete mirror pods'
    metadata, spec = mapping_in(attributes.object, "metadata"), mapping_in(attributes.object, "spec")
    if MIRROR_ANNOTATION not in mapping_in(metadata, "annotations"):
        return f'pod does not have "{MIRROR_ANNOTATION}" annotation, node "{node}" can only create mirror pods'
    if _node_name(attributes.object) != node:
        return f'node "{node}" can only create pods with spec.nodeName set to itself'
    owners = list_in(metadata, "ownerReferences")
    owner = owners[0] if len(owners) == 1 and isinstance(owners[0], dict) else {}
    if (owner.get("apiVersion"), owner.get("kind"), owner.get("name")) != ("v1", "Node", node):
        return f'node "{node}" can only create pods with an owner reference set to itself'
    for plural, _, _ in references_of(spec, "", ""):
        kind = "a service account" if plural == "serviceaccounts" else plural
        return f'node "{node}" can not create pods that reference {kind}'
    return ""


def _check_pod_status(node: str, attributes: Attributes) -> str:
    if _node_name(attributes.old or {}) != node:
        return f'node "{node}" can only update pod status for pods with spec.nodeName set to itself'  # noqa: S608
    if _labels(attributes.object) != _labels(attributes.old or {}):
        return f'node "{node}" cannot update labels through pod status'
    return ""


def _check_claim(node: str, attributes: Attributes) -> str:
    return "" if attributes.subresource == "status" else f'node "{node}" may only update the status of claims'


def _check_node(node: str, attributes: Attributes) -> str:
    new, old = attributes.object, attributes.old or {}
    if attributes.name != node:
        return f'node "{node}" is not allowed to modify node "{attributes.name}"'
    labels, before = _labels(new), _labels(old)
    if attributes.operation == "CREATE":
        listed = ", ".join(sorted(filter(_is_forbidden_label, labels)))
        return f'node "{node}" is not allowed to set the following labels: {listed}' if listed else ""
    if attributes.operation != "UPDATE":
        return f'node "{node}" is not allowed to delete nodes'
    changed = {name for name in labels.keys() | before.keys() if labels.get(name) != before.get(name)}
    listed = ", ".join(sorted(filter(_is_forbidden_label, changed)))
    if listed:
        return f'node "{node}" is not allowed to modify labels: {listed}'
    if mapping_in(new, "spec").get("taints") != mapping_in(old, "spec").get("taints"):
        return f'node "{node}" is not allowed to modify taints'
    if mapping_in(new, "metadata").get("ownerReferences") != mapping_in(old, "metadata").get("ownerReferences"):
        return f'node "{node}" is not allowed to modify ownerReferences'
    return ""


def _check_lease(node: str, attributes: Attributes) -> str:
    if attributes.namespace != LEASES_NAMESPACE:
        return f'can only access leases in the "{LEASES_NAMESPACE}" system namespace'
    return "" if attributes.name == node else SAME_NAME


def _check_csi_node(node: str, attributes: Attributes) -> str:
    is_own = attributes.name == node
    return "" if is_own else "can only access CSINode with the same name as the requesting node"


_CHECKS: dict[tuple[str, str], Callable[[str, Attributes], str]] = {
    ("pods", ""): _check_pod,
    ("pods", "status"): _check_pod_status,
    ("persistentvolumeclaims", "*"): _check_claim,
    ("nodes", "*"): _check_node,
    ("leases", "*"): _check_lease,
    ("csinodes", "*"): _check_csi_node,
}


def _is_forbidden_label(name: str) -> bool:
    """Whether it belongs to Kubernetes and is not one of those that a node says about itself."""
    domain, slash, _ = name.partition("/")
    if not slash or not any(domain == own or domain.endswith(f".{own}") for own in KUBERNETES_DOMAINS):
        return False
    is_kubelets = any(domain == own or domain.endswith(f".{own}") for own in KUBELET_LABEL_DOMAINS)
    return name not in KUBELET_LABELS and not is_kubelets


def _node_name(pod: Document) -> str:
    return text_in(mapping_in(pod, "spec"), "nodeName")


def _labels(document: Document) -> Document:
    return mapping_in(mapping_in(document, "metadata"), "labels")


def _refusal(attributes: Attributes, detail: str) -> Forbidden:
    return forbidden(attributes.resource.plural, attributes.resource.group, attributes.name, detail)

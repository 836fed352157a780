"""What a node may do: its own pods, what these use, and its own Node and lease; nothing of other nodes.

What a node may write to the objects that it may touch is the NodeRestriction admission plugin's matter.

Source: kubernetes plugin/pkg/auth/authorizer/node.
"""

from __future__ import annotations

from wherry.apiserver.authorization.bootstrap_policy import node_rules
from wherry.apiserver.authorization.node_graph import NodeGraph
from wherry.apiserver.authorization.rules import is_path_allowed, names_allowed
from wherry.apiserver.filters.authorize import Access
from wherry.apiserver.request import UserInfo

NODES_GROUP = "system:nodes"
NODE_PREFIX = "system:node:"
LEASES_NAMESPACE = "kube-node-lease"
READ = frozenset({"get", "list", "watch"})
USED_BY_PODS = frozenset({
    "configmaps", "persistentvolumeclaims", "persistentvolumes", "pods", "secrets", "serviceaccounts",
    "volumeattachments",
})  # fmt: skip
LEASE_VERBS = frozenset({"get", "create", "update", "patch", "delete"})
ONLY_LEASES = "can only get, create, update, patch, or delete a node lease"


def node_of(user: UserInfo) -> str:
    """The node that a user is, or ""."""
    if not user.name.startswith(NODE_PREFIX) or NODES_GROUP not in user.groups:
        return ""
    return user.name.removeprefix(NODE_PREFIX)


class NodeAuthorizer:
    """Decides for nodes by what their pods use."""

    def __init__(self, graph: NodeGraph) -> None:
        """`graph` is as current as its owner keeps it."""
        self._graph = graph

    def refusal(self, node: str, access: Access) -> str | None:
        """None when the node may; else the reason why not, perhaps ""."""
        if access.path:
            return None if is_path_allowed(node_rules(), access.verb, access.path) else ""
        place = (access.group, access.resource)
        refuse = {
            ("", "secrets"): self._read_used,
            ("", "configmaps"): self._read_used,
            ("", "persistentvolumes"): self._read_used,
            ("", "persistentvolumeclaims"): self._claim,
            ("storage.k8s.io", "volumeattachments"): self._read_used,
            ("", "serviceaccounts"): self._service_account,
            ("coordination.k8s.io", "leases"): _lease,
            ("storage.k8s.io", "csinodes"): _csi_node,
            ("", "nodes"): _node,
            ("", "pods"): self._pod,
        }.get(place)
        if refuse is not None:
            decided = refuse(node, access)
            if decided is not _RULES:
                return decided
        allowed = names_allowed(node_rules(), access.verb, access.group, access.resource, access.subresource)
        return None if allowed is True else ""

    def _read_used(self, node: str, access: Access) -> str | None:
        if access.verb not in READ or access.subresource:
            return "can only read resources of this type"
        return self._used(node, access)

    def _claim(self, node: str, access: Access) -> str | None:
        if access.subresource == "status" and access.verb in ("get", "update", "patch"):
            return self._used(node, access)
        return self._read_used(node, access)

    def _service_account(self, node: str, access: Access) -> str | None:
        if (access.subresource, access.verb) != ("token", "create"):
            return "can only create tokens for individual service accounts"
        return self._used(node, access)

    def _used(self, node: str, access: Access) -> str | None:
        if not access.name:
            return "No Object name found"
        if self._graph.is_related(node, access.resource, access.namespace, access.name):
            return None
        return f"no relationship found between node '{node}' and this object"

    def _pod(self, node: str, access: Access) -> str | None:
        if access.subresource or access.verb not in READ:
            return _RULES
        if access.verb == "get":
            if self._graph.has_pod(node, access.namespace, access.name):
                return None
            return f"no relationship found between node '{node}' and this object"
        if ("spec.nodeName", node) in access.fields:
            return None
        if access.name and self._graph.has_pod(node, access.namespace, access.name):
            return None
        return "can only list/watch pods with spec.nodeName field selector"


_RULES = "by the rules of system:node"
"""Not a reason: the rules of the role decide."""


def _lease(node: str, access: Access) -> str | None:
    if access.verb not in LEASE_VERBS:
        return ONLY_LEASES
    if access.namespace != LEASES_NAMESPACE:
        return f'can only access leases in the "{LEASES_NAMESPACE}" system namespace'
    if access.verb != "create" and access.name != node:
        return "can only access node lease with the same name as the requesting node"
    return _RULES


def _csi_node(node: str, access: Access) -> str | None:
    if access.verb not in LEASE_VERBS:
        return "can only get, create, update, patch, or delete a CSINode"
    if access.verb != "create" and access.name != node:
        return "can only access CSINode with the same name as the requesting node"
    return _RULES


def _node(node: str, access: Access) -> str | None:
    if access.verb not in READ or access.subresource:
        return _RULES
    return None if access.name == node else f"node '{node}' cannot read '{access.name}', only its own Node object"

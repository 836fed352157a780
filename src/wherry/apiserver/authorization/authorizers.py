"""Who decides: the administrators' group first, then the nodes' own rules, then roles. One yes is enough."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wherry.api.rbac.policy_rule import PolicyRule
from wherry.apimachinery.document import Document
from wherry.apiserver.authorization.node import NODES_GROUP, USED_BY_PODS, NodeAuthorizer, node_of
from wherry.apiserver.authorization.node_graph import NodeGraph
from wherry.apiserver.authorization.rbac import Rbac
from wherry.apiserver.filters.authorize import Access, UserRules
from wherry.apiserver.request import UserInfo
from wherry.store.interface import Store

MASTERS_GROUP = "system:masters"
NO_RULES_OF_NODES = "node authorizer does not support user rule resolution"


class Authorizers:
    """Decides who may do what, from the roles, bindings and pods in the store."""

    def __init__(self, store: Store) -> None:
        """Nothing is read before the first `refresh`."""
        self._rbac = Rbac(store)
        self._graph = NodeGraph(store)
        self._node = NodeAuthorizer(self._graph)

    @property
    def is_behind(self) -> bool:
        """Whether roles or bindings have changed."""
        return self._rbac.is_behind

    async def refresh(self) -> None:
        """Take in what has changed of roles and bindings."""
        if self._rbac.is_behind:
            await self._rbac.refresh()

    async def refresh_for(self, user: UserInfo, plural: str) -> None:
        """Take in what pods use, when that decides about a node's access to a kind."""
        if NODES_GROUP in user.groups and plural in USED_BY_PODS and node_of(user):
            await self._graph.refresh()

    def is_allowed(self, user: UserInfo, access: Access) -> bool:
        """Whether `user` may."""
        groups = user.groups
        if MASTERS_GROUP in groups:
            return True
        if NODES_GROUP in groups:
            node = node_of(user)
            if node and self._node.refusal(node, access) is None:
                return True
        return self._rbac.is_allowed(user, access)

    def explain(self, user: UserInfo, access: Access) -> tuple[bool, str]:
        """Whether `user` may, and why, as a SubjectAccessReview tells it."""
        if MASTERS_GROUP in user.groups:
            return True, ""
        node = node_of(user)
        if node and self._node.refusal(node, access) is None:
            return True, ""
        if self._rbac.is_allowed(user, access):
            return True, self._rbac.allowed_by(user, access)
        return False, self.reason(user, access)

    def reason(self, user: UserInfo, access: Access) -> str:
        """What a refusal should add to its sentence; "" for nothing."""
        node = node_of(user)
        reasons = [self._node.refusal(node, access) if node else "", self._rbac.reason(user, access)]
        return "\n".join(reason for reason in reasons if reason)

    def rules_for(self, user: UserInfo, namespace: str) -> UserRules:
        """What `user` may do in a namespace, as far as roles say it."""
        rules, missing = self._rbac.rules_for(user, namespace)
        errors = [NO_RULES_OF_NODES] if node_of(user) else []
        errors += missing
        return UserRules(
            [_document(rule) for rule in rules if not rule.non_resource_urls],
            [_document(rule) for rule in rules if rule.non_resource_urls],
            ", ".join(errors),
        )

    def held_rules(self, user: UserInfo, namespace: str) -> Sequence[PolicyRule]:
        """The rules that `user` has in a namespace ("": everywhere), so as to lend them to others."""
        return self._rbac.rules_for(user, namespace)[0]

    def role(self, namespace: str, name: str) -> tuple[PolicyRule, ...] | None:
        """The rules of a role ("" as namespace: of a cluster role), or None."""
        return self._rbac.policy.role(namespace, name)


def _document(rule: PolicyRule) -> Document:
    document = msgspec.to_builtins(rule)
    assert isinstance(document, dict)
    return document

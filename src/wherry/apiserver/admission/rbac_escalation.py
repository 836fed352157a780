"""Roles and bindings may give no more than their writer has, unless they may `escalate` or `bind`."""

from __future__ import annotations

import msgspec

from wherry.api.rbac.clusterrole import ClusterRole
from wherry.api.rbac.policy_rule import RBAC_GROUP
from wherry.api.rbac.rolebinding import RoleBinding
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.authorization.escalation import confirm_binding, confirm_role

ROLES = ("roles", "clusterroles")
BINDINGS = ("rolebindings", "clusterrolebindings")


class RbacEscalation:
    """Compares what is given with what the giver has."""

    name = "RBACEscalation"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset((RBAC_GROUP, plural) for plural in (*ROLES, *BINDINGS))
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Asks the server's authorizers."""
        self._authorizers = environment.authorizer

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden, with what is missing."""
        if attributes.resource.plural in ROLES:
            self._check_role(attributes)
        else:
            self._check_binding(attributes)

    def _check_role(self, attributes: Attributes) -> None:
        new = msgspec.convert(attributes.object, ClusterRole)
        old = None if attributes.old is None else msgspec.convert(attributes.old, ClusterRole)
        if old is not None and (new.rules, new.aggregation_rule) == (old.rules, old.aggregation_rule):
            return
        confirm_role(
            self._authorizers,
            attributes.user,
            attributes.resource.plural,
            attributes.namespace,
            attributes.name,
            new.rules,
            aggregates=new.aggregation_rule is not None,
        )

    def _check_binding(self, attributes: Attributes) -> None:
        new = msgspec.convert(attributes.object, RoleBinding)
        old = None if attributes.old is None else msgspec.convert(attributes.old, RoleBinding)
        if old is not None and (new.role_ref, new.subjects) == (old.role_ref, old.subjects):
            return
        confirm_binding(
            self._authorizers,
            attributes.user,
            attributes.resource.plural,
            attributes.namespace,
            attributes.name,
            new.role_ref,
        )

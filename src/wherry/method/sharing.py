"""Who may see and write the method's kinds: who may sign in reads them, a namespace's editors write theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wherry.api.rbac.clusterrole import CLUSTER_ROLES
from wherry.api.rbac.clusterrolebinding import CLUSTER_ROLE_BINDINGS
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.method.crds import GROUP

READ = ("get", "list", "watch")
WRITE = ("create", "update", "patch", "delete", "deletecollection")


async def share_kinds(client: Client, what: str, resources: Sequence[str]) -> None:
    """Let everybody who may sign in read these kinds, and whoever may edit a namespace write them there.

    `what` names the roles: wherry:contracts:view, wherry:contracts:edit. Raises Forbidden.
    """
    for name, role in _roles(what, resources):
        await client.apply(CLUSTER_ROLES, name, role)
    readers = f"wherry:{what}:view"
    binding: Document = {
        "metadata": {"name": readers},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": readers},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:authenticated"}],
    }
    await client.apply(CLUSTER_ROLE_BINDINGS, readers, binding)


def _roles(what: str, resources: Sequence[str]) -> Iterator[tuple[str, Document]]:
    read: Document = {"apiGroups": [GROUP], "resources": [*resources], "verbs": [*READ]}
    write: Document = {"apiGroups": [GROUP], "resources": [*resources], "verbs": [*READ, *WRITE]}
    yield f"wherry:{what}:view", {"metadata": {"name": f"wherry:{what}:view"}, "rules": [read]}
    labels = {f"rbac.authorization.k8s.io/aggregate-to-{role}": "true" for role in ("edit", "admin")}
    yield f"wherry:{what}:edit", {"metadata": {"name": f"wherry:{what}:edit", "labels": labels}, "rules": [write]}

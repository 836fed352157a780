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


async def share_kinds(
    client: Client, what: str, resources: Sequence[str], *, appended: Sequence[str] = (), agreed: Sequence[str] = ()
) -> None:
    """Let everybody who may sign in read these kinds, and whoever may edit a namespace write them there.

    Args:
        client: who gives these rights. Raises Forbidden when they may not.
        what: names the roles: wherry:contracts:view, wherry:contracts:edit, wherry:contracts:agree.
        resources: what editors write.
        appended: what editors add to, and nobody changes or deletes.
        agreed: what a role for those who only agree lets them add; without any there is no such role.
    """
    for name, role in _roles(what, resources, appended, agreed):
        await client.apply(CLUSTER_ROLES, name, role)
    readers = f"wherry:{what}:view"
    binding: Document = {
        "metadata": {"name": readers},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": readers},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:authenticated"}],
    }
    await client.apply(CLUSTER_ROLE_BINDINGS, readers, binding)


def _roles(
    what: str, resources: Sequence[str], appended: Sequence[str], agreed: Sequence[str]
) -> Iterator[tuple[str, Document]]:
    read = _rule((*resources, *appended), READ)
    write = [_rule(resources, (*READ, *WRITE)), *([_rule(appended, (*READ, "create"))] if appended else [])]
    labels: Document = {f"rbac.authorization.k8s.io/aggregate-to-{role}": "true" for role in ("edit", "admin")}
    yield _role(f"wherry:{what}:view", [read])
    yield _role(f"wherry:{what}:edit", write, labels)
    if agreed:
        yield _role(f"wherry:{what}:agree", [read, _rule(agreed, ("create",))])


def _role(name: str, rules: Sequence[Document], labels: Document | None = None) -> tuple[str, Document]:
    return name, {"metadata": {"name": name, "labels": labels or {}}, "rules": [*rules]}


def _rule(resources: Sequence[str], verbs: Sequence[str]) -> Document:
    return {"apiGroups": [GROUP], "resources": [*resources], "verbs": [*verbs]}

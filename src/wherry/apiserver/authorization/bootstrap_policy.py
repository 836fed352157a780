"""The roles and bindings that every Kubernetes has, read from the tables beside this file.

`bootstrap_roles.txt` and `bootstrap_namespaced_roles.txt` are the data; who is bound to what stands here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import msgspec

from wherry.api.rbac.policy_rule import RBAC_GROUP, PolicyRule
from wherry.api.rbac.role_ref import GROUP, SERVICE_ACCOUNT, USER
from wherry.apimachinery.document import Document

API_VERSION = f"{RBAC_GROUP}/v1"
AUTO_UPDATE = "rbac.authorization.kubernetes.io/autoupdate"
AGGREGATE = "rbac.authorization.k8s.io/"
BOOTSTRAPPING = {"kubernetes.io/bootstrapping": "rbac-defaults"}
CONTROLLER_PREFIX = "system:controller:"
CONTROLLERS_ROLE = "wherry:kube-controller-manager"
_SHORT = {
    "read": ("get", "list", "watch"),
    "write": ("create", "delete", "deletecollection", "patch", "update"),
}
_EVENTS = PolicyRule(verbs=("create", "patch", "update"), api_groups=("", "events.k8s.io"), resources=("events",))

AUTHENTICATED = ((GROUP, "system:authenticated"),)
EVERYBODY = (*AUTHENTICATED, (GROUP, "system:unauthenticated"))
CONTROLLER_MANAGER = (USER, "system:kube-controller-manager")
SCHEDULER = (USER, "system:kube-scheduler")
BOOTSTRAPPERS = ((GROUP, "system:bootstrappers"),)

_Subjects = tuple[tuple[str, str], ...]

CLUSTER_BINDINGS: dict[str, tuple[str, _Subjects]] = {
    "cluster-admin": ("cluster-admin", ((GROUP, "system:masters"),)),
    "system:monitoring": ("system:monitoring", ((GROUP, "system:monitoring"),)),
    "system:discovery": ("system:discovery", AUTHENTICATED),
    "system:basic-user": ("system:basic-user", AUTHENTICATED),
    "system:public-info-viewer": ("system:public-info-viewer", EVERYBODY),
    "system:node-proxier": ("system:node-proxier", ((USER, "system:kube-proxy"),)),
    "system:kube-controller-manager": ("system:kube-controller-manager", (CONTROLLER_MANAGER,)),
    "system:kube-dns": ("system:kube-dns", ((SERVICE_ACCOUNT, "kube-system/kube-dns"),)),
    "system:kube-scheduler": ("system:kube-scheduler", (SCHEDULER,)),
    "system:volume-scheduler": ("system:volume-scheduler", (SCHEDULER,)),
    "system:node": ("system:node", ()),
    "system:service-account-issuer-discovery": (
        "system:service-account-issuer-discovery",
        ((GROUP, "system:serviceaccounts"),),
    ),
    # As kubeadm binds them: whoever holds a bootstrap token may become a node.
    "kubeadm:kubelet-bootstrap": ("system:node-bootstrapper", BOOTSTRAPPERS),
    "kubeadm:node-autoapprove-bootstrap": (
        "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
        BOOTSTRAPPERS,
    ),
    "kubeadm:node-autoapprove-certificate-rotation": (
        "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        ((GROUP, "system:nodes"),),
    ),
    # Wherry's own parts.
    "system:coredns": ("system:coredns", ((SERVICE_ACCOUNT, "kube-system/coredns"),)),
    "wherry:simulated-nodes": ("wherry:simulated-nodes", ((USER, "system:simulated-nodes"),)),
    CONTROLLERS_ROLE: (CONTROLLERS_ROLE, (CONTROLLER_MANAGER,)),
}
"""Binding -> cluster role, subjects."""

NAMESPACED_BINDINGS: dict[tuple[str, str], tuple[str, _Subjects]] = {
    ("kube-public", "system:controller:bootstrap-signer"): (
        "system:controller:bootstrap-signer",
        ((SERVICE_ACCOUNT, "kube-system/bootstrap-signer"),),
    ),
    ("kube-public", "kubeadm:bootstrap-signer-clusterinfo"): (
        "kubeadm:bootstrap-signer-clusterinfo",
        ((USER, "system:anonymous"),),
    ),
    ("kube-system", "system::extension-apiserver-authentication-reader"): (
        "extension-apiserver-authentication-reader",
        (CONTROLLER_MANAGER, SCHEDULER),
    ),
    ("kube-system", "system::leader-locking-kube-controller-manager"): (
        "system::leader-locking-kube-controller-manager",
        (
            CONTROLLER_MANAGER,
            (SERVICE_ACCOUNT, "kube-system/kube-controller-manager"),
            (SERVICE_ACCOUNT, "kube-system/leader-election-controller"),
        ),
    ),
    ("kube-system", "system::leader-locking-kube-scheduler"): (
        "system::leader-locking-kube-scheduler",
        (SCHEDULER, (SERVICE_ACCOUNT, "kube-system/kube-scheduler")),
    ),
    ("kube-system", "system:controller:bootstrap-signer"): (
        "system:controller:bootstrap-signer",
        ((SERVICE_ACCOUNT, "kube-system/bootstrap-signer"),),
    ),
    ("kube-system", "system:controller:cloud-provider"): (
        "system:controller:cloud-provider",
        ((SERVICE_ACCOUNT, "kube-system/cloud-provider"),),
    ),
    ("kube-system", "system:controller:token-cleaner"): (
        "system:controller:token-cleaner",
        ((SERVICE_ACCOUNT, "kube-system/token-cleaner"),),
    ),
}
"""Namespace and binding -> role of that namespace, subjects."""


@dataclass(slots=True)
class _Table:
    """A role as it stands in a table."""

    name: str
    marks: dict[str, str]
    rules: list[PolicyRule] = field(default_factory=list)


def cluster_roles() -> list[Document]:
    """All cluster roles."""
    tables = list(_read("bootstrap_roles.txt"))
    tables.append(_Table(CONTROLLERS_ROLE, {}, _controllers_rules(tables)))
    return [_cluster_role(table) for table in tables]


def roles() -> list[Document]:
    """All roles of single namespaces."""
    documents = []
    for table in _read("bootstrap_namespaced_roles.txt"):
        namespace, _, name = table.name.partition(" ")
        documents.append(_object("Role", name, namespace, rules=[_rule_document(rule) for rule in table.rules]))
    return documents


def cluster_role_bindings() -> list[Document]:
    """All bindings for the whole cluster."""
    bindings = dict(CLUSTER_BINDINGS)
    for table in _read("bootstrap_roles.txt"):
        if table.name.startswith(CONTROLLER_PREFIX):
            account = (SERVICE_ACCOUNT, f"kube-system/{table.name.removeprefix(CONTROLLER_PREFIX)}")
            bindings[table.name] = (table.name, (account,))
    return [
        _object("ClusterRoleBinding", name, roleRef=_reference("ClusterRole", role), subjects=_subjects(subjects))
        for name, (role, subjects) in bindings.items()
    ]


def role_bindings() -> list[Document]:
    """All bindings of single namespaces."""
    return [
        _object("RoleBinding", name, namespace, roleRef=_reference("Role", role), subjects=_subjects(subjects))
        for (namespace, name), (role, subjects) in NAMESPACED_BINDINGS.items()
    ]


@cache
def node_rules() -> tuple[PolicyRule, ...]:
    """What the role system:node allows."""
    return tuple(next(table for table in _read("bootstrap_roles.txt") if table.name == "system:node").rules)


def _controllers_rules(tables: list[_Table]) -> list[PolicyRule]:
    """What all controllers together may do, who here share one identity and patch what others update."""
    seen: dict[PolicyRule, None] = {}
    for table in tables:
        if table.name.startswith(CONTROLLER_PREFIX):
            for rule in table.rules:
                patching = {"patch"} if "update" in rule.verbs else set()
                seen[msgspec.structs.replace(rule, verbs=tuple(sorted({*rule.verbs, *patching})))] = None
    for verbs, group, resource in _OWN_RULES:
        seen[PolicyRule(verbs=verbs, api_groups=(group,), resources=(resource,))] = None
    return list(seen)


_OWN_RULES = (
    # The provisioner of local volumes is one of the controllers here.
    (("create", "delete", "patch"), "", "persistentvolumes"),
    # Failed pods of nodes that are gone are marked before they go.
    (("patch",), "", "pods/status"),
    # The token cleaner, the CSR cleaner and the signer of cluster-info.
    (("create", "patch"), "", "configmaps"),
    (("delete", "patch"), "", "secrets"),
)


def _cluster_role(table: _Table) -> Document:
    labels = {f"{AGGREGATE}{table.marks['label']}": "true"} if "label" in table.marks else {}
    role = _object("ClusterRole", table.name, labels=labels, rules=[_rule_document(rule) for rule in table.rules])
    if "aggregates" in table.marks:
        selector: Document = {"matchLabels": {f"{AGGREGATE}{table.marks['aggregates']}": "true"}}
        role["aggregationRule"] = {"clusterRoleSelectors": [selector]}
    return role


def _object(
    kind: str, name: str, namespace: str = "", labels: dict[str, str] | None = None, **fields: object
) -> Document:
    metadata: Document = {
        "name": name,
        "labels": {**BOOTSTRAPPING, **(labels or {})},
        "annotations": {AUTO_UPDATE: "true"},
    }
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, **fields}


def _reference(kind: str, name: str) -> Document:
    return {"apiGroup": RBAC_GROUP, "kind": kind, "name": name}


def _subjects(subjects: _Subjects) -> list[Document]:
    documents: list[Document] = []
    for kind, name in subjects:
        if kind == SERVICE_ACCOUNT:
            namespace, _, account = name.partition("/")
            documents.append({"kind": kind, "name": account, "namespace": namespace})
        else:
            documents.append({"kind": kind, "apiGroup": RBAC_GROUP, "name": name})
    return documents


def _rule_document(rule: PolicyRule) -> Document:
    document = msgspec.to_builtins(rule)
    assert isinstance(document, dict)
    return document


def _read(name: str) -> Iterator[_Table]:
    """The roles of a table; its grammar is told at its head."""
    table: _Table | None = None
    for line in files(__package__).joinpath(name).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith(" "):
            assert table is not None, line
            table.rules.append(_rule(line))
            continue
        if table is not None:
            yield table
        words = line.split()
        table = _Table(
            " ".join(word for word in words if "=" not in word),
            dict(word.split("=", 1) for word in words if "=" in word),
        )
    if table is not None:
        yield table


def _rule(line: str) -> PolicyRule:
    if line.strip() == "EVENTS":
        return _EVENTS
    verbs, groups, things, *names = ([word.strip() for word in part.split(",")] for part in line.split("|"))
    listed = tuple(sorted({long for verb in verbs for long in _SHORT.get(verb, (verb,))}))
    if groups == ["url"]:
        return PolicyRule(verbs=listed, non_resource_urls=tuple(things))
    return PolicyRule(
        verbs=listed,
        api_groups=tuple("" if group == "core" else group for group in groups),
        resources=tuple(sorted(things)),
        resource_names=tuple(names[0]) if names else (),
    )

"""Who may do what, written down independently of how Wherry decides it.

The identities and what each is given; and, in plain words, what follows: EXPECTED says for each identity which
(verbs, resources) it has in the namespaces `shop`, `other` and, with "" as the namespace, in the cluster. Everything
that is not listed is denied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wherry.apimachinery.document import Document

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
READ = VERBS[:3]
WRITE = VERBS[3:]
NAMESPACES = ("shop", "other", "")

# group, resource, subresource
RESOURCES: tuple[tuple[str, str, str], ...] = (
    ("", "pods", ""), ("", "pods", "log"), ("", "pods", "exec"), ("", "pods", "status"), ("", "pods", "eviction"),
    ("", "pods", "binding"), ("", "configmaps", ""), ("", "secrets", ""), ("", "services", ""),
    ("", "services", "proxy"), ("", "serviceaccounts", ""), ("", "serviceaccounts", "token"), ("", "endpoints", ""),
    ("", "events", ""),
    ("", "persistentvolumeclaims", ""), ("", "persistentvolumes", ""), ("", "nodes", ""), ("", "nodes", "proxy"),
    ("", "namespaces", ""), ("", "resourcequotas", ""), ("", "limitranges", ""),
    ("apps", "deployments", ""), ("apps", "deployments", "scale"), ("apps", "deployments", "status"),
    ("apps", "statefulsets", ""), ("apps", "replicasets", ""), ("apps", "controllerrevisions", ""),
    ("batch", "jobs", ""), ("batch", "jobs", "status"), ("coordination.k8s.io", "leases", ""),
    ("discovery.k8s.io", "endpointslices", ""), ("networking.k8s.io", "ingresses", ""),
    ("rbac.authorization.k8s.io", "roles", ""), ("rbac.authorization.k8s.io", "rolebindings", ""),
    ("rbac.authorization.k8s.io", "clusterroles", ""), ("storage.k8s.io", "storageclasses", ""),
    ("certificates.k8s.io", "certificatesigningrequests", ""), ("example.com", "widgets", ""),
    ("authorization.k8s.io", "selfsubjectaccessreviews", ""), ("authorization.k8s.io", "localsubjectaccessreviews", ""),
    ("authentication.k8s.io", "tokenreviews", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """Somebody: a name, groups, and what is bound to them: (namespace or "", cluster role or rules)."""

    user: str
    groups: tuple[str, ...] = ()
    given: tuple[tuple[str, str | tuple[Document, ...]], ...] = ()
    expected: tuple[tuple[str, str, str], ...] = field(default=())
    everything: bool = False


def rule(verbs: str, groups: str, resources: str) -> Document:
    """A rule; `core` is the group of pods."""
    named = ["" if group == "core" else group for group in groups.split()]
    return {"verbs": verbs.split(), "apiGroups": named, "resources": resources.split()}


SELF = ("", "create", "selfsubjectaccessreviews.authorization.k8s.io")

# What `view` lets see, `edit` lets change and `admin` adds, as the documentation of Kubernetes tells it.
SEEN = (
    "pods pods/log pods/status configmaps services serviceaccounts endpoints events persistentvolumeclaims namespaces "
    "resourcequotas limitranges deployments.apps deployments/scale.apps deployments/status.apps statefulsets.apps "
    "replicasets.apps controllerrevisions.apps jobs.batch jobs/status.batch endpointslices.discovery.k8s.io "
    "ingresses.networking.k8s.io"
)
CHANGED = (
    "pods pods/exec configmaps secrets services services/proxy serviceaccounts events persistentvolumeclaims "
    "deployments.apps deployments/scale.apps statefulsets.apps replicasets.apps jobs.batch ingresses.networking.k8s.io"
)
SEEN_BY_EDITORS = "secrets pods/exec services/proxy"
ALL_BY_EDITORS = "leases.coordination.k8s.io"
ORDERED_BY_EDITORS = "pods/eviction serviceaccounts/token"
ALL_BY_ADMINS = "roles.rbac.authorization.k8s.io rolebindings.rbac.authorization.k8s.io"


def viewer(namespace: str) -> tuple[tuple[str, str, str], ...]:
    """What `view` gives there."""
    return ((namespace, " ".join(READ), SEEN), SELF)


def editor(namespace: str) -> tuple[tuple[str, str, str], ...]:
    """What `edit` gives there."""
    return (
        *viewer(namespace),
        (namespace, " ".join(WRITE), CHANGED),
        (namespace, " ".join(READ), SEEN_BY_EDITORS),
        (namespace, " ".join(VERBS), ALL_BY_EDITORS),
        (namespace, "create", ORDERED_BY_EDITORS),
    )


def admin(namespace: str) -> tuple[tuple[str, str, str], ...]:
    """What `admin` gives there."""
    return (
        *editor(namespace),
        (namespace, " ".join(VERBS), ALL_BY_ADMINS),
        (namespace, "create", "localsubjectaccessreviews.authorization.k8s.io"),
    )


ALL_RESOURCES = " ".join(
    f"{name}{f'/{sub}' if sub else ''}{f'.{group}' if group else ''}" for group, name, sub in RESOURCES
)

OPERATORS_RULES = (
    rule("*", "example.com", "*"),
    rule("get update", "*", "*/scale"),
    rule("patch", "apps", "*/status"),
)

IDENTITIES: dict[str, Identity] = {
    "administrator": Identity("root", ("system:masters",), everything=True),
    "cluster admin by a binding": Identity("carla", given=(("", "cluster-admin"),), everything=True),
    "namespace admin": Identity("adam", given=(("shop", "admin"),), expected=admin("shop")),
    "editor": Identity("edith", given=(("shop", "edit"),), expected=editor("shop")),
    "viewer": Identity("vera", given=(("shop", "view"),), expected=viewer("shop")),
    "viewer of everything": Identity("vincent", given=(("", "view"),), expected=viewer("*")),
    "group member": Identity("greta", ("web",), given=(("other", "view"),), expected=viewer("other")),
    "service account": Identity(
        "system:serviceaccount:shop:till",
        given=(("shop", (rule("get list", "core", "pods"), rule("create", "core", "pods/eviction"))),),
        expected=(("shop", "get list", "pods"), ("shop", "create", "pods/eviction"), SELF),
    ),
    "operator": Identity(
        "olga",
        given=(
            (
                "",
                (rule("*", "example.com", "*"), rule("get update", "*", "*/scale"), rule("patch", "apps", "*/status")),
            ),
        ),
        expected=(
            ("*", " ".join(VERBS), "widgets.example.com"),
            ("*", "get update", "deployments/scale.apps"),
            ("*", "patch", "deployments/status.apps"),
            SELF,
        ),
    ),
    "debugger": Identity(
        "dora",
        given=(("shop", (rule("*", "core", "pods/exec pods/log"),)),),
        expected=(("shop", " ".join(VERBS), "pods/exec pods/log"), SELF),
    ),
    "wildcard verb": Identity(
        "wanda",
        given=(("other", (rule("*", "core", "secrets"),)),),
        expected=(("other", " ".join(VERBS), "secrets"), SELF),
    ),
    "careless rule": Identity(
        # Verbs and resources are compared as they are written, and `pods/*` is nobody's name.
        "carl",
        given=(("shop", (rule("GET List", "core", "pods"), rule("get", "core", "Pods pods/* pod"))),),
        expected=(SELF,),
    ),
    "scheduler": Identity(
        "system:kube-scheduler",
        expected=(
            ("*", "get list watch", "nodes pods services namespaces persistentvolumes persistentvolumeclaims"),
            ("*", "get list watch", "replicasets.apps statefulsets.apps storageclasses.storage.k8s.io"),
            ("*", "delete", "pods"),
            ("*", "create", "pods/binding tokenreviews.authentication.k8s.io leases.coordination.k8s.io"),
            ("*", "create patch update", "events"),
            ("*", "patch update", "pods/status persistentvolumes persistentvolumeclaims"),
            ("kube-system", "get list update watch", "leases.coordination.k8s.io"),
            SELF,
        ),
    ),
    "proxy": Identity(
        "system:kube-proxy",
        expected=(
            ("*", "list watch", "endpoints services endpointslices.discovery.k8s.io"),
            ("*", "get list watch", "nodes"),
            ("*", "create patch update", "events"),
            SELF,
        ),
    ),
    "bootstrapper": Identity(
        "system:bootstrap:abcdef",
        ("system:bootstrappers",),
        expected=(("*", "get list watch create", "certificatesigningrequests.certificates.k8s.io"), SELF),
    ),
    "nobody in particular": Identity("nils", expected=(SELF,)),
    "stranger": Identity("system:anonymous", ("system:unauthenticated",)),
}


def is_expected(identity: Identity, verb: str, place: tuple[str, str, str], namespace: str) -> bool:
    """Whether the table lets this happen."""
    if identity.everything:
        return True
    group, resource, subresource = place
    name = f"{resource}{f'/{subresource}' if subresource else ''}{f'.{group}' if group else ''}"
    for where, verbs, names in identity.expected:
        # Rights in the cluster count in each of its namespaces.
        counts = where in ("*", namespace) or (where == "" and namespace in NAMESPACES)
        if counts and verb in verbs.split() and name in names.split():
            return True
    return False


def questions() -> Iterator[tuple[str, tuple[str, str, str], str]]:
    """Every verb on every resource in every place."""
    for verb in VERBS:
        for place in RESOURCES:
            for namespace in NAMESPACES:
                yield verb, place, namespace

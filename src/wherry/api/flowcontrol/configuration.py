"""The flow schemas and priority levels that every cluster has from its start.

The first two of each are fixed: the server refuses any other spec under their names. The others are suggestions,
which people may change.

Source: kubernetes apiserver, pkg/apis/flowcontrol/bootstrap.
"""

from __future__ import annotations

from wherry.apimachinery.document import Document

# On objects whose spec follows the server's own suggestion; whoever changes one sets it to "false".
AUTOUPDATE = "apf.kubernetes.io/autoupdate-spec"

EVERYTHING: Document = {
    "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"],
}  # fmt: skip
EVERY_URL: Document = {"verbs": ["*"], "nonResourceURLs": ["*"]}


def _group(name: str) -> Document:
    return {"kind": "Group", "group": {"name": name}}


def _user(name: str) -> Document:
    return {"kind": "User", "user": {"name": name}}


def _system_account(name: str) -> Document:
    return {"kind": "ServiceAccount", "serviceAccount": {"name": name, "namespace": "kube-system"}}


def _queued(shares: int, lendable_percent: int, queues: int, hand_size: int) -> Document:
    queuing = {"queues": queues, "handSize": hand_size, "queueLengthLimit": 50}
    return {
        "type": "Limited",
        "limited": {
            "nominalConcurrencyShares": shares,
            "lendablePercent": lendable_percent,
            "limitResponse": {"type": "Queue", "queuing": queuing},
        },
    }


def _schema(
    level: str, precedence: int, distinguisher: str, subjects: list[Document], **rules: list[Document]
) -> Document:
    spec: Document = {
        "priorityLevelConfiguration": {"name": level},
        "matchingPrecedence": precedence,
        "rules": [
            {"subjects": subjects, **(rules or {"resourceRules": [EVERYTHING], "nonResourceRules": [EVERY_URL]})}
        ],
    }
    if distinguisher:
        spec["distinguisherMethod"] = {"type": distinguisher}
    return spec


def _resources(verbs: list[str], group: str, *resources: str, namespace: str = "*", cluster: bool = False) -> Document:
    rule: Document = {"verbs": verbs, "apiGroups": [group], "resources": list(resources), "namespaces": [namespace]}
    return {**rule, "clusterScope": True} if cluster else rule


EVERYBODY = [_group("system:unauthenticated"), _group("system:authenticated")]
CONTROLLER_MANAGER, SCHEDULER = _user("system:kube-controller-manager"), _user("system:kube-scheduler")
HOLD = ["get", "create", "update"]
LEASES = ("coordination.k8s.io", "leases")

FIXED_PRIORITY_LEVELS: dict[str, Document] = {
    "exempt": {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}},
    "catch-all": {
        "type": "Limited",
        "limited": {"nominalConcurrencyShares": 5, "lendablePercent": 0, "limitResponse": {"type": "Reject"}},
    },
}
SUGGESTED_PRIORITY_LEVELS: dict[str, Document] = {
    "system": _queued(30, 33, 64, 6),
    "node-high": _queued(40, 25, 64, 6),
    "leader-election": _queued(10, 0, 16, 4),
    "workload-high": _queued(40, 50, 128, 6),
    "workload-low": _queued(100, 90, 128, 6),
    "global-default": _queued(20, 50, 128, 6),
}
FIXED_FLOW_SCHEMAS: dict[str, Document] = {
    "exempt": _schema("exempt", 1, "", [_group("system:masters")]),
    "catch-all": _schema("catch-all", 10_000, "ByUser", EVERYBODY),
}
SUGGESTED_FLOW_SCHEMAS: dict[str, Document] = {
    "probes": _schema(
        "exempt", 2, "", EVERYBODY,
        nonResourceRules=[{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]}],
    ),
    "system-leader-election": _schema(
        "leader-election", 100, "ByUser", [CONTROLLER_MANAGER, SCHEDULER, _system_account("*")],
        resourceRules=[_resources(HOLD, *LEASES, namespace="kube-system")],
    ),
    "endpoint-controller": _schema(
        "workload-high", 150, "ByUser", [CONTROLLER_MANAGER, _system_account("endpoint-controller")],
        resourceRules=[_resources(HOLD, "", "endpoints")],
    ),
    "workload-leader-election": _schema(
        "leader-election", 200, "ByUser", [_system_account("*")], resourceRules=[_resources(HOLD, *LEASES)]
    ),
    "system-node-high": _schema(
        "node-high", 400, "ByUser", [_group("system:nodes")],
        resourceRules=[_resources(["*"], "", "nodes", "nodes/status", cluster=True), _resources(["*"], *LEASES)],
    ),
    "system-nodes": _schema("system", 500, "ByUser", [_group("system:nodes")]),
    "kube-controller-manager": _schema("workload-high", 800, "ByNamespace", [CONTROLLER_MANAGER]),
    "kube-scheduler": _schema("workload-high", 800, "ByNamespace", [SCHEDULER]),
    "kube-system-service-accounts": _schema("workload-high", 900, "ByNamespace", [_system_account("*")]),
    "service-accounts": _schema("workload-low", 9000, "ByUser", [_group("system:serviceaccounts")]),
    "global-default": _schema("global-default", 9900, "ByUser", EVERYBODY),
}  # fmt: skip

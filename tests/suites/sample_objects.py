"""One small valid object of every kind, as a user would write it."""

from __future__ import annotations

import copy

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

POD_SPEC: Document = {"containers": [{"name": "c", "image": "registry.example/web:1"}]}
TEMPLATE: Document = {"metadata": {"labels": {"app": "web"}}, "spec": POD_SPEC}
SELECTOR: Document = {"matchLabels": {"app": "web"}}

BODIES: dict[str, Document] = {
    "Namespace": {},
    "Node": {},
    "Pod": {"spec": POD_SPEC},
    "Binding": {"target": {"kind": "Node", "name": "n1"}},
    "Service": {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
    "Endpoints": {"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]},
    "EndpointSlice": {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 80}]},
    "ConfigMap": {"data": {"a": "1"}},
    "Secret": {"stringData": {"password": "pw"}},
    "ServiceAccount": {},
    "LimitRange": {"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "100m"}}]}},
    "ResourceQuota": {"spec": {"hard": {"pods": "10", "requests.cpu": "4", "limits.cpu": "8"}}},
    "Event": {"involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"}, "reason": "Killing"},
    "PersistentVolume": {
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/data"}}
    },
    "PersistentVolumeClaim": {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    "StorageClass": {"provisioner": "wherry.example/local"},
    "Lease": {"spec": {"holderIdentity": "me", "leaseDurationSeconds": 40}},
    "PriorityClass": {"value": 1000},
    "ReplicaSet": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "Deployment": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "StatefulSet": {"spec": {"serviceName": "web", "selector": SELECTOR, "template": TEMPLATE}},
    "ControllerRevision": {"revision": 1, "data": {"spec": {}}},
    "Job": {"spec": {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}}},
}


def body_of(resource: AnyResourceType) -> Document:
    """All but the metadata; a kind that looks different in each of its versions has a body for each."""
    body = BODIES.get(f"{resource.api_version}/{resource.kind}") or BODIES[resource.kind]
    return copy.deepcopy(body)


def sample(resource: AnyResourceType, name: str = "web") -> Document:
    """A fresh copy, without what the server fills in."""
    metadata: Document = {"name": name}
    if resource.namespaced:
        metadata["namespace"] = "default"
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **body_of(resource)}


def created(resource: AnyResourceType, name: str = "web", **spec: object) -> Document:
    """The sample as the server would have stored it on create; `spec` replaces fields of the spec."""
    document = sample(resource, name)
    if spec:
        old = document.get("spec")
        document["spec"] = {**(old if isinstance(old, dict) else {}), **spec}
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    metadata |= {"uid": f"uid-{name}", "creationTimestamp": "2026-11-23T07:00:00Z"}
    resource.default(document)
    resource.prepare(document, None)
    return document

"""One small valid object of every kind, as a user would write it."""

from __future__ import annotations

import copy
from collections.abc import Callable

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

POD_SPEC: Document = {"containers": [{"name": "c", "image": "registry.example/web:1"}]}
TEMPLATE: Document = {"metadata": {"labels": {"app": "web"}}, "spec": POD_SPEC}
SELECTOR: Document = {"matchLabels": {"app": "web"}}

CERTIFICATE_REQUEST = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIV01INENBUUF3SERFTU1Bb0dBMVVFQ2d3RGQyVmlNUXd3Q2dZ"
    "RFZRUUREQU5oYm1Fd1dUQVRCZ2NxaGtqTwpQUUlCQmdncWhrak9QUU1CQndOQ0FBUm5xVEFFYVdPbnRjTjBaTDBGZWY5ekdub0JX"
    "SnI4QkE2RWxjTmtLc3IrCjdPNC95VkJNam5NWVQvdFBRY1NYN1FDQVBJcG9sbGc3UEFJTkIvMnAwT1Rqb0FBd0NnWUlLb1pJemow"
    "RUF3SUQKU0FBd1JRSWhBT1c0S0dCakFtZlpubWJHTE9aaXF1MytXOFJXWWNDbHdOTkVYNGZCem9YQ0FpQnc2NGlHeVUwZwpITU10"
    "aXppT1ExaTFVWnRyelhhaUt3YkZJYTdHc3pIZGZ3PT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=="
)
"""Of the user ana in the group web."""

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
    "ComponentStatus": {"conditions": [{"type": "Healthy", "status": "True", "message": "ok"}]},
    "PodTemplate": {"template": TEMPLATE},
    "ReplicationController": {"spec": {"selector": {"app": "web"}, "template": TEMPLATE}},
    "DaemonSet": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "CronJob": {
        "spec": {
            "schedule": "*/5 * * * *",
            "jobTemplate": {"spec": {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}}},
        }
    },
    "CertificateSigningRequest": {
        "spec": {
            "request": CERTIFICATE_REQUEST,
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        }
    },
    "Role": {"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]},
    "ClusterRole": {"rules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz"]}]},
    "RoleBinding": {
        "roleRef": {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"},
        "subjects": [{"kind": "User", "name": "ana"}],
    },
    "ClusterRoleBinding": {
        "roleRef": {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"},
        "subjects": [{"kind": "Group", "name": "web"}],
    },
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

RULE: Document = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}
WEBHOOK: Document = {
    "name": "check.example.com",
    "clientConfig": {"service": {"namespace": "default", "name": "hook", "path": "/check"}},
    "rules": [RULE],
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
}
BODIES |= {
    "CustomResourceDefinition": {
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        }
    },
    "MutatingWebhookConfiguration": {"webhooks": [WEBHOOK]},
    "ValidatingWebhookConfiguration": {"webhooks": [WEBHOOK]},
    "ValidatingAdmissionPolicy": {
        "spec": {
            "matchConstraints": {"resourceRules": [RULE]},
            "validations": [{"expression": "object.spec.replicas <= 5"}],
        }
    },
    "ValidatingAdmissionPolicyBinding": {"spec": {"policyName": "few", "validationActions": ["Deny"]}},
    "MutatingAdmissionPolicy": {
        "spec": {
            "matchConstraints": {"resourceRules": [RULE]},
            "reinvocationPolicy": "Never",
            "mutations": [
                {
                    "patchType": "ApplyConfiguration",
                    "applyConfiguration": {"expression": "Object{spec: Object.spec{replicas: 1}}"},
                }
            ],
        }
    },
    "MutatingAdmissionPolicyBinding": {"spec": {"policyName": "few"}},
    "RuntimeClass": {"handler": "runsc"},
    "DeviceClass": {"spec": {"selectors": [{"cel": {"expression": "device.driver == 'gpu.example.com'"}}]}},
    "ResourceClaim": {"spec": {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu"}}]}}},
    "ResourceClaimTemplate": {
        "spec": {"spec": {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu"}}]}}}
    },
    "ResourceSlice": {
        "spec": {
            "driver": "gpu.example.com",
            "nodeName": "n1",
            "pool": {"name": "n1", "generation": 1, "resourceSliceCount": 1},
            "devices": [
                {"name": "gpu-0", "attributes": {"model": {"string": "x"}}, "capacity": {"mem": {"value": "1Gi"}}}
            ],
        }
    },
    "FlowSchema": {
        "spec": {
            "priorityLevelConfiguration": {"name": "workload-low"},
            "rules": [
                {
                    "subjects": [{"kind": "User", "user": {"name": "ana"}}],
                    "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/version"]}],
                }
            ],
        }
    },
    "PriorityLevelConfiguration": {"spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}}}},
    "APIService": {
        "spec": {
            "version": "v1",
            "groupPriorityMinimum": 100,
            "versionPriority": 10,
            "service": {"namespace": "default", "name": "metrics"},
            "insecureSkipTLSVerify": True,
        }
    },
    "Ingress": {
        "spec": {
            "rules": [
                {
                    "host": "www.example.com",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ]
        }
    },
    "IngressClass": {"spec": {"controller": "example.com/ingress"}},
    "IPAddress": {"spec": {"parentRef": {"resource": "services", "namespace": "default", "name": "web"}}},
    "NetworkPolicy": {"spec": {"podSelector": SELECTOR, "ingress": [{"from": [{"podSelector": {}}]}]}},
    "ServiceCIDR": {"spec": {"cidrs": ["10.97.0.0/24"]}},
    "PodDisruptionBudget": {"spec": {"minAvailable": 1, "selector": SELECTOR}},
    "HorizontalPodAutoscaler": {
        "spec": {
            "maxReplicas": 5,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        }
    },
    "CSIDriver": {"spec": {}},
    "CSINode": {"spec": {"drivers": [{"name": "csi.example.com", "nodeID": "n1"}]}},
    "CSIStorageCapacity": {"storageClassName": "fast", "capacity": "10Gi"},
    "VolumeAttachment": {
        "spec": {"attacher": "csi.example.com", "nodeName": "n1", "source": {"persistentVolumeName": "pv-1"}}
    },
    "VolumeAttributesClass": {"driverName": "csi.example.com", "parameters": {"iops": "3000"}},
    "events.k8s.io/v1/Event": {
        "regarding": {"kind": "Pod", "name": "p", "namespace": "default"},
        "reason": "Pulled",
        "action": "Pulling",
        "type": "Normal",
        "eventTime": "2026-11-23T07:00:00.000000Z",
        "reportingController": "example.com/puller",
        "reportingInstance": "puller-0",
    },
}

# Names that say something; other kinds may be called anything.
ADDRESSES = {"web": "192.0.2.1", "sample": "192.0.2.2", "one": "192.0.2.3", "two": "192.0.2.4"}
NAMES: dict[str, Callable[[str], str]] = {
    "IPAddress": lambda name: ADDRESSES.get(name, "192.0.2.9"),
    "CustomResourceDefinition": lambda name: f"{name}.example.com",
    "APIService": lambda name: f"v1.{name}.example.com",
}


def name_of(resource: AnyResourceType, name: str) -> str:
    """The name, or what stands for it where the kind prescribes what names look like."""
    return NAMES[resource.kind](name) if resource.kind in NAMES else name


# What the cluster might report about an object of each kind.
CONDITION: Document = {
    "type": "Ready",
    "status": "True",
    "reason": "Tried",
    "message": "It works",
    "lastTransitionTime": "2026-11-23T07:00:00Z",
}
ALLOCATION: Document = {
    "devices": {"results": [{"request": "gpu", "driver": "gpu.example.com", "pool": "n1", "device": "gpu-0"}]}
}
STATUSES: dict[str, Document] = {
    "ResourceClaim": {"allocation": ALLOCATION},
    "Namespace": {"conditions": [CONDITION]},
    "PersistentVolume": {"phase": "Bound"},
    "PersistentVolumeClaim": {"phase": "Bound"},
    "Ingress": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}},
    "PodDisruptionBudget": {"disruptionsAllowed": 3},
    "VolumeAttachment": {"attached": True},
    "HorizontalPodAutoscaler": {"currentReplicas": 3, "desiredReplicas": 4},
    "ResourceQuota": {"used": {"pods": "1"}},
    "CronJob": {"lastScheduleTime": "2027-01-15T07:59:00Z"},
}


def status_of(resource: AnyResourceType) -> Document:
    """A status that a new object does not have."""
    return copy.deepcopy(STATUSES.get(resource.kind, {"conditions": [CONDITION]}))


def body_of(resource: AnyResourceType, name: str = "web") -> Document:
    """All but the metadata; a kind that looks different in each of its versions has a body for each.

    Where the name must fit the rest, the rest is made to fit the name.
    """
    body = BODIES.get(f"{resource.api_version}/{resource.kind}") or BODIES[resource.kind]
    body = copy.deepcopy(body)
    if resource.kind in FITTED:
        FITTED[resource.kind](body, name)
    return body


def _fit_names(body: Document, name: str) -> None:
    spec = body["spec"]
    assert isinstance(spec, dict)
    spec["names"] = {"plural": name, "kind": name.capitalize()}


def _fit_group(body: Document, name: str) -> None:
    spec = body["spec"]
    assert isinstance(spec, dict)
    spec["group"] = f"{name}.example.com"


FITTED: dict[str, Callable[[Document, str], None]] = {
    "CustomResourceDefinition": _fit_names,
    "APIService": _fit_group,
}


def sample(resource: AnyResourceType, name: str = "web") -> Document:
    """A fresh copy, without what the server fills in."""
    metadata: Document = {"name": name_of(resource, name)}
    if resource.namespaced:
        metadata["namespace"] = "default"
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **body_of(resource, name)}


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
    resource.settle(document)
    return document

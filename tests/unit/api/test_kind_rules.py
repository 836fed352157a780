"""Tables of what each kind refuses, with Kubernetes' own sentences."""

from __future__ import annotations

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import POD_SPEC, TEMPLATE, created, sample
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.batch.job import JOBS
from wherry.api.coordination.lease import LEASES
from wherry.api.core.binding import BINDINGS
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.event import EVENTS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.node import NODES
from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS
from wherry.api.core.secret import SECRETS
from wherry.api.core.service import SERVICES
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.api.documents import section
from wherry.api.scheduling.priorityclass import PRIORITY_CLASSES
from wherry.api.storage.storageclass import STORAGE_CLASSES
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

MISMATCH = 'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'
NEVER: Document = {**TEMPLATE, "spec": {**POD_SPEC, "restartPolicy": "Never"}}


@pytest.mark.parametrize(
    ("resource", "changes", "wanted"),
    [
        (DEPLOYMENTS, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}, MISMATCH),
        (STATEFUL_SETS, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}, MISMATCH),
        (REPLICA_SETS, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}, MISMATCH),
        (DEPLOYMENTS, {"spec": {"selector": None}}, "spec.selector: Required value"),
        (
            DEPLOYMENTS,
            {"spec": {"selector": {}}},
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
        ),
        (
            DEPLOYMENTS,
            {"spec": {"template": NEVER}},
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ),
        (
            DEPLOYMENTS,
            {"spec": {"replicas": -1}},
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            DEPLOYMENTS,
            {"spec": {"strategy": {"type": "Fast"}}},
            'spec.strategy.type: Unsupported value: "Fast": supported values: "Recreate", "RollingUpdate"',
        ),
        (
            DEPLOYMENTS,
            {"spec": {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}},
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
        ),
        (
            DEPLOYMENTS,
            {"spec": {"progressDeadlineSeconds": 5, "minReadySeconds": 5}},
            "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds",
        ),
        (
            JOBS,
            {"spec": {"template": TEMPLATE}},
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
        ),
        (
            JOBS,
            {"spec": {"completionMode": "Indexed", "parallelism": 1}},
            "spec.completions: Required value: when completion mode is Indexed",
        ),
        (
            JOBS,
            {"spec": {"backoffLimit": -1}},
            "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0",
        ),
        (SERVICES, {"spec": {"ports": []}}, "spec.ports: Required value"),
        (
            SERVICES,
            {"spec": {"ports": [{"port": 0}]}},
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            SERVICES,
            {"spec": {"ports": [{"port": 1, "name": "a"}, {"port": 2}]}},
            "spec.ports[1].name: Required value",
        ),
        (
            SERVICES,
            {"spec": {"type": "Nice"}},
            'spec.type: Unsupported value: "Nice": '
            'supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
        ),
        (SERVICES, {"spec": {"type": "ExternalName"}}, "spec.externalName: Required value"),
        (
            SERVICES,
            {"spec": {"clusterIP": "ten"}},
            'spec.clusterIPs[0]: Invalid value: "ten": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        ),
        (
            CONFIG_MAPS,
            {"data": {"a": "x" * 1048577}},
            "[]: Too long: may not be more than 1048576 bytes",
        ),
        (SECRETS, {"data": {"a": "YWFh" * 349526}}, "data: Too long: may not be more than 1048576 bytes"),
        (SECRETS, {"type": "kubernetes.io/ssh-auth"}, "data[ssh-privatekey]: Required value"),
        (SECRETS, {"data": {"a": "%"}}, 'data[a]: Invalid value: "<redacted>": illegal base64 data'),
        (
            PERSISTENT_VOLUME_CLAIMS,
            {"spec": {"accessModes": []}},
            "spec.accessModes: Required value: at least 1 access mode is required",
        ),
        (PERSISTENT_VOLUME_CLAIMS, {"spec": {"resources": {}}}, "spec.resources[storage]: Required value"),
        (
            PERSISTENT_VOLUMES,
            {"spec": {"hostPath": None, "local": {"path": "/x"}}},
            "spec.nodeAffinity: Required value: Local volume requires node affinity",
        ),
        (STORAGE_CLASSES, {"provisioner": ""}, "provisioner: Required value"),
        (
            PRIORITY_CLASSES,
            {"value": 2_000_000_000},
            "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
        ),
        (
            LEASES,
            {"spec": {"leaseDurationSeconds": 0}},
            "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        ),
        (
            EVENTS,
            {"involvedObject": {"namespace": "other"}},
            'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
        ),
        (ENDPOINT_SLICES, {"addressType": "IPv6"}, 'endpoints[0].addresses[0]: Invalid value: "10.0.0.1": '
            "must be a valid IPv6 address"),
        (BINDINGS, {"target": {"kind": "Node"}}, "target.name: Required value"),
    ],
)  # fmt: skip
def test_a_wrong_object_is_refused_in_the_words_of_kubernetes(
    resource: AnyResourceType, changes: Document, wanted: str
) -> None:
    assert errors_of(resource, changes) == [wanted]


OTHER: Document = {"matchLabels": {"app": "web", "tier": "x"}}
TIERED: Document = {"metadata": {"labels": {"app": "web", "tier": "x"}}, "spec": POD_SPEC}


@pytest.mark.parametrize(
    ("resource", "changes", "wanted"),
    [
        (
            DEPLOYMENTS,
            {"spec": {"selector": OTHER, "template": TIERED}},
            'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"x"}}: field is immutable',
        ),
        (DEPLOYMENTS, {"spec": {"replicas": 5}}, ""),
        (STATEFUL_SETS, {"spec": {"replicas": 5, "minReadySeconds": 1}}, ""),
        (
            STATEFUL_SETS,
            {"spec": {"serviceName": "other"}},
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
            "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' "
            "are forbidden",
        ),
        (JOBS, {"spec": {"parallelism": 0}}, ""),
        (JOBS, {"spec": {"completions": 4}}, "spec.completions: Invalid value: 4: field is immutable"),
        (
            SERVICES,
            {"spec": {"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"]}},
            'spec.clusterIPs[0]: Invalid value: ["10.96.0.9"]: may not change once set',
        ),
        (SERVICES, {"spec": {"clusterIP": None, "clusterIPs": None}}, ""),
        (SECRETS, {"type": "other"}, 'type: Invalid value: "other": field is immutable'),
        (
            PRIORITY_CLASSES,
            {"value": 5},
            "value: Forbidden: may not be changed in an update.",
        ),
        (STORAGE_CLASSES, {"provisioner": "x"}, "provisioner: Forbidden: updates to provisioner are forbidden."),
        (
            PERSISTENT_VOLUMES,
            {"spec": {"hostPath": {"path": "/other"}}},
            "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
        ),
        (
            PERSISTENT_VOLUME_CLAIMS,
            {"spec": {"accessModes": ["ReadWriteMany"]}},
            "spec: Forbidden: spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName for bound claims",
        ),
        (PERSISTENT_VOLUME_CLAIMS, {"spec": {"volumeName": "pv-1", "storageClassName": "local"}}, ""),
    ],
)
def test_what_is_for_life_cannot_be_changed(resource: AnyResourceType, changes: Document, wanted: str) -> None:
    old = created(resource)
    if resource is SERVICES:
        section(old, "spec").update(clusterIP="10.96.0.5", clusterIPs=["10.96.0.5"])
    assert errors_of(resource, changes, old) == ([wanted] if wanted else [])


def test_an_immutable_config_map_stays_as_it_is() -> None:
    old = created(CONFIG_MAPS) | {"immutable": True}
    assert errors_of(CONFIG_MAPS, {"data": {"a": "2"}}, old) == [
        "data: Forbidden: field is immutable when `immutable` is set"
    ]
    assert errors_of(CONFIG_MAPS, {"immutable": False}, old) == [
        "immutable: Forbidden: field is immutable when `immutable` is set"
    ]


def test_a_service_keeps_its_address_when_the_user_does_not_repeat_it() -> None:
    old = created(SERVICES)
    section(old, "spec").update(clusterIP="10.96.0.5", clusterIPs=["10.96.0.5"])
    new = created(SERVICES)
    SERVICES.prepare(new, old)
    assert section(new, "spec")["clusterIP"] == "10.96.0.5"


def test_plain_text_of_a_secret_becomes_data() -> None:
    secret = created(SECRETS)
    assert secret["data"] == {"password": "cHc="}
    assert "stringData" not in secret
    assert secret["type"] == "Opaque"


def test_a_job_gets_a_selector_of_its_own() -> None:
    job = created(JOBS, "work")
    assert section(job, "spec", "selector") == {"matchLabels": {"batch.kubernetes.io/controller-uid": "uid-work"}}
    assert section(job, "spec", "template", "metadata", "labels") == {
        "batch.kubernetes.io/controller-uid": "uid-work",
        "batch.kubernetes.io/job-name": "work",
        "controller-uid": "uid-work",
        "job-name": "work",
    }


def test_a_namespace_is_born_active_and_labelled_with_its_name() -> None:
    namespace = created(NAMESPACES, "shop")
    assert namespace["status"] == {"phase": "Active"}
    assert namespace["spec"] == {"finalizers": ["kubernetes"]}
    assert section(namespace, "metadata", "labels") == {"kubernetes.io/metadata.name": "shop"}


def test_a_stateful_set_may_mount_what_its_own_claims_bring() -> None:
    claim: Document = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    mounting: Document = {"name": "c", "image": "i", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    template: Document = {**TEMPLATE, "spec": {"containers": [mounting]}}
    assert errors_of(STATEFUL_SETS, {"spec": {"template": template, "volumeClaimTemplates": [claim]}}) == []


def test_the_containers_of_a_stateful_set_are_left_to_its_pods() -> None:
    # As upstream: which volumes there are is only known with the claims.
    template: Document = {**TEMPLATE, "spec": {"containers": []}}
    assert errors_of(STATEFUL_SETS, {"spec": {"template": template}}) == []
    assert errors_of(STATEFUL_SETS, {"spec": {"template": NEVER}}) == [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'
    ]


def test_a_job_with_a_selector_that_cannot_be_read_is_refused() -> None:
    errors = errors_of(JOBS, {"spec": {"selector": {"matchLabels": {"": "x"}}}})
    assert any(error.startswith('spec.selector.matchLabels: Invalid value: "": name part') for error in errors)


def test_the_address_of_a_balancer_is_a_virtual_one_unless_somebody_says_otherwise() -> None:
    service = sample(SERVICES)
    section(service, "spec")["type"] = "LoadBalancer"
    entries: list[Document] = [
        {"ip": "192.0.2.1"},
        {"hostname": "lb.example.com"},
        {"ip": "192.0.2.2", "ipMode": "Proxy"},
    ]
    section(service, "status", "loadBalancer")["ingress"] = entries
    SERVICES.default(service)
    assert [entry.get("ipMode") for entry in entries] == ["VIP", None, "Proxy"]


def test_a_node_that_says_nothing_has_an_empty_spec_all_the_same() -> None:
    for said in ({}, {"spec": None}):
        node: Document = {"metadata": {"name": "n"}, **said}
        NODES.default(node)
        assert node["spec"] == {}
    config_map: Document = {"metadata": {"name": "c"}}
    CONFIG_MAPS.default(config_map)
    assert "spec" not in config_map

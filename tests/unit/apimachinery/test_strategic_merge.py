from __future__ import annotations

import copy

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apimachinery.patch.strategic_merge import apply_strategic_merge_patch
from wherry.apimachinery.schema import schema_for_kind

DEPLOYMENT = schema_for_kind("apps", "v1", "Deployment")
POD = schema_for_kind("", "v1", "Pod")
SERVICE = schema_for_kind("", "v1", "Service")
CONFIG_MAP = schema_for_kind("", "v1", "ConfigMap")
SERVICE_ACCOUNT = schema_for_kind("", "v1", "ServiceAccount")
UNKNOWN = schema_for_kind("example.com", "v1", "Widget")


def pod(*containers: Document, **spec: object) -> Document:
    return {"spec": {"containers": list(containers), **spec}}


def in_spec(**spec: object) -> Document:
    return {"spec": spec}


WEB: Document = {"name": "web", "image": "nginx:1"}
SIDECAR: Document = {"name": "sidecar", "image": "envoy:1"}

CASES: dict[str, tuple[Document, Document, Document]] = {
    "a field is set": (in_spec(nodeName="a"), in_spec(nodeName="b"), in_spec(nodeName="b")),
    "a field is added": ({}, in_spec(nodeName="b"), in_spec(nodeName="b")),
    "null removes a field": (in_spec(nodeName="a", hostname="h"), in_spec(nodeName=None), in_spec(hostname="h")),
    "null for an absent field changes nothing": (in_spec(hostname="h"), in_spec(nodeName=None), in_spec(hostname="h")),
    "nulls inside new objects vanish": (
        {}, in_spec(securityContext={"runAsUser": None, "fsGroup": 1}), in_spec(securityContext={"fsGroup": 1}),
    ),
    "labels merge": (
        {"metadata": {"labels": {"a": "1", "b": "2"}}},
        {"metadata": {"labels": {"b": "3", "c": "4"}}},
        {"metadata": {"labels": {"a": "1", "b": "3", "c": "4"}}},
    ),
    "a label goes by null": (
        {"metadata": {"labels": {"a": "1", "b": "2"}}},
        {"metadata": {"labels": {"b": None}}},
        {"metadata": {"labels": {"a": "1"}}},
    ),
    "set image changes one container": (
        pod(WEB, SIDECAR),
        {"spec": {"$setElementOrder/containers": [{"name": "web"}, {"name": "sidecar"}],
                  "containers": [{"name": "web", "image": "nginx:2"}]}},
        pod({"name": "web", "image": "nginx:2"}, SIDECAR),
    ),
    "a container is patched by name without an order": (
        pod(WEB, SIDECAR),
        pod({"name": "sidecar", "image": "envoy:2"}),
        pod(WEB, {"name": "sidecar", "image": "envoy:2"}),
    ),
    "a container new in the patch comes first": (
        pod(WEB), pod({"name": "log", "image": "l"}), pod({"name": "log", "image": "l"}, WEB),
    ),
    "the order list puts it where it belongs": (
        pod(WEB),
        {"spec": {"$setElementOrder/containers": [{"name": "web"}, {"name": "log"}],
                  "containers": [{"name": "log", "image": "l"}]}},
        pod(WEB, {"name": "log", "image": "l"}),
    ),
    "the order list alone reorders": (
        pod(WEB, SIDECAR),
        {"spec": {"$setElementOrder/containers": [{"name": "sidecar"}, {"name": "web"}]}},
        pod(SIDECAR, WEB),
    ),
    "items only the server knows keep their place before what they preceded": (
        pod({"name": "a"}, {"name": "server"}, {"name": "b"}),
        {"spec": {"$setElementOrder/containers": [{"name": "a"}, {"name": "b"}]}},
        pod({"name": "a"}, {"name": "server"}, {"name": "b"}),
    ),
    "an order for a list that is nowhere is ignored": (
        in_spec(nodeName="a"), {"spec": {"$setElementOrder/volumes": [{"name": "v"}]}}, in_spec(nodeName="a"),
    ),
    "an order with a list new to the object": (
        {"spec": {}},
        {"spec": {"$setElementOrder/volumes": [{"name": "v"}], "volumes": [{"name": "v", "emptyDir": {}}]}},
        in_spec(volumes=[{"name": "v", "emptyDir": {}}]),
    ),
    "$patch delete removes an item": (
        pod(WEB, SIDECAR), pod({"$patch": "delete", "name": "sidecar"}), pod(WEB),
    ),
    "deleting an item that is not there changes nothing": (
        pod(WEB), pod({"$patch": "delete", "name": "none"}), pod(WEB),
    ),
    "$patch delete with an order, as kubectl apply sends it": (
        pod(WEB, SIDECAR),
        {"spec": {"$setElementOrder/containers": [{"name": "web"}],
                  "containers": [{"$patch": "delete", "name": "sidecar"}]}},
        pod(WEB),
    ),
    "a deletion in a list new to the object vanishes": (
        {"spec": {}}, pod({"$patch": "delete", "name": "x"}, {"name": "y"}), pod({"name": "y"}),
    ),
    "$patch replace in a list replaces the whole list": (
        pod(WEB, SIDECAR), pod({"$patch": "replace"}, {"name": "only"}), pod({"name": "only"}),
    ),
    "$patch replace in an object replaces the object": (
        in_spec(securityContext={"runAsUser": 1, "fsGroup": 2}),
        in_spec(securityContext={"$patch": "replace", "runAsUser": 3}),
        in_spec(securityContext={"runAsUser": 3}),
    ),
    "$patch delete in an object empties it": (
        in_spec(securityContext={"runAsUser": 1}), in_spec(securityContext={"$patch": "delete"}),
        in_spec(securityContext={}),
    ),
    "$patch delete of an absent object adds nothing": (
        {"spec": {"hostname": "h"}}, in_spec(securityContext={"$patch": "delete"}), in_spec(hostname="h"),
    ),
    "retained keys drop the rest: another volume source": (
        in_spec(volumes=[{"name": "v", "emptyDir": {}}]),
        in_spec(volumes=[{"$retainKeys": ["name", "hostPath"], "name": "v", "hostPath": {"path": "/x"}}]),
        in_spec(volumes=[{"name": "v", "hostPath": {"path": "/x"}}]),
    ),
    "retained keys in a volume new to the object vanish": (
        {"spec": {}},
        in_spec(volumes=[{"$retainKeys": ["name", "emptyDir"], "name": "v", "emptyDir": {}}]),
        in_spec(volumes=[{"name": "v", "emptyDir": {}}]),
    ),
    "plain lists are replaced": (
        pod(WEB | {"command": ["a", "b"]}), pod({"name": "web", "command": ["c"]}), pod(WEB | {"command": ["c"]}),
    ),
    "lists of objects without a merge key are replaced": (
        in_spec(tolerations=[{"key": "a"}]), in_spec(tolerations=[{"key": "b"}]), in_spec(tolerations=[{"key": "b"}]),
    ),
    "finalizers are a set of plain values": (
        {"metadata": {"finalizers": ["a", "b"]}},
        {"metadata": {"finalizers": ["b", "c"]}},
        {"metadata": {"finalizers": ["a", "b", "c"]}},
    ),
    "values are deleted from a plain list": (
        {"metadata": {"finalizers": ["a", "b", "c"]}},
        {"metadata": {"$deleteFromPrimitiveList/finalizers": ["b"]}},
        {"metadata": {"finalizers": ["a", "c"]}},
    ),
    "values are deleted, added and ordered at once": (
        {"metadata": {"finalizers": ["a", "b"]}},
        {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"],
                      "$setElementOrder/finalizers": ["c", "b"]}},
        {"metadata": {"finalizers": ["c", "b"]}},
    ),
    "deleting from a list that is absent changes nothing": (
        {"metadata": {}}, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}, {"metadata": {}},
    ),
    "environment variables merge by name": (
        pod({"name": "web", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}),
        pod({"name": "web", "env": [{"name": "B", "value": "3"}]}),
        pod({"name": "web", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}]}),
    ),
    "container ports merge by port number": (
        pod({"name": "web", "ports": [{"containerPort": 80, "name": "http"}]}),
        pod({"name": "web", "ports": [{"containerPort": 80, "name": "web"}, {"containerPort": 443}]}),
        pod({"name": "web", "ports": [{"containerPort": 80, "name": "web"}, {"containerPort": 443}]}),
    ),
    "volume mounts merge by path": (
        pod({"name": "web", "volumeMounts": [{"name": "v", "mountPath": "/a"}]}),
        pod({"name": "web", "volumeMounts": [{"name": "w", "mountPath": "/a"}]}),
        pod({"name": "web", "volumeMounts": [{"name": "w", "mountPath": "/a"}]}),
    ),
    "conditions merge by type": (
        {"status": {"conditions": [{"type": "Ready", "status": "False"}, {"type": "Other", "status": "True"}]}},
        {"status": {"conditions": [{"type": "Ready", "status": "True"}]}},
        {"status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "True"}]}},
    ),
    "owner references merge by uid": (
        {"metadata": {"ownerReferences": [{"uid": "1", "name": "a"}]}},
        {"metadata": {"ownerReferences": [{"uid": "1", "controller": True}]}},
        {"metadata": {"ownerReferences": [{"uid": "1", "name": "a", "controller": True}]}},
    ),
    "a list takes the place of something else": (
        in_spec(nodeName=["odd"]), in_spec(nodeName="a"), in_spec(nodeName="a"),
    ),
    "an empty patch changes nothing": (pod(WEB), {}, pod(WEB)),
    "true and 1 are different values": (
        {"metadata": {"finalizers": [True]}}, {"metadata": {"finalizers": [1]}},
        {"metadata": {"finalizers": [1, True]}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_pods(case: str) -> None:
    document, patch, expected = CASES[case]
    before = copy.deepcopy((document, patch))
    assert apply_strategic_merge_patch(document, patch, POD) == expected
    assert (document, patch) == before, "the arguments were changed"


def template(**spec: object) -> Document:
    return {"spec": {"template": {"spec": spec}}}


def test_rollout_restart_adds_an_annotation_to_the_template() -> None:
    document: Document = {"spec": {"replicas": 2, "template": {"metadata": {"labels": {"a": "b"}}}}}
    patch: Document = {
        "spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}
    }
    patched = apply_strategic_merge_patch(document, patch, DEPLOYMENT)
    metadata = {"labels": {"a": "b"}, "annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}
    assert patched == {"spec": {"replicas": 2, "template": {"metadata": metadata}}}


def test_the_strategy_of_a_deployment_changes_type_and_loses_its_old_settings() -> None:
    document: Document = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch: Document = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert apply_strategic_merge_patch(document, patch, DEPLOYMENT) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_containers_of_a_template_merge_too() -> None:
    document = template(containers=[WEB, SIDECAR])
    patched = apply_strategic_merge_patch(document, template(containers=[{"name": "web", "image": "n:2"}]), DEPLOYMENT)
    assert patched == template(containers=[{"name": "web", "image": "n:2"}, SIDECAR])


def test_service_ports_merge_by_port() -> None:
    document: Document = {"spec": {"ports": [{"port": 80, "nodePort": 30000}, {"port": 443}]}}
    patch: Document = {"spec": {"$setElementOrder/ports": [{"port": 80}], "ports": [{"port": 443, "$patch": "delete"}]}}
    assert apply_strategic_merge_patch(document, patch, SERVICE) == {
        "spec": {"ports": [{"port": 80, "nodePort": 30000}]}
    }


def test_data_of_a_config_map_merges() -> None:
    patched = apply_strategic_merge_patch({"data": {"a": "1", "b": "2"}}, {"data": {"a": None, "c": "3"}}, CONFIG_MAP)
    assert patched == {"data": {"b": "2", "c": "3"}}


def test_image_pull_secrets_merge_in_a_pod_and_are_replaced_in_a_service_account() -> None:
    one: Document = {"imagePullSecrets": [{"name": "a"}]}
    other: Document = {"imagePullSecrets": [{"name": "b"}]}
    both = {"spec": {"imagePullSecrets": [{"name": "b"}, {"name": "a"}]}}
    assert apply_strategic_merge_patch({"spec": one}, {"spec": other}, POD) == both
    assert apply_strategic_merge_patch(one, other, SERVICE_ACCOUNT) == other


def test_a_kind_that_is_not_described_merges_objects_and_replaces_lists() -> None:
    patched = apply_strategic_merge_patch({"spec": {"a": [1], "b": 1}}, {"spec": {"a": [2]}}, UNKNOWN)
    assert patched == {"spec": {"a": [2], "b": 1}}


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (pod({"image": "x"}), "map: map[image:x] does not contain declared merge key: name"),
        (pod({"$patch": "explode", "name": "x"}), "unknown patch type: explode in map: map[$patch:explode name:x]"),
        (in_spec(**{"$patch": "explode"}), "unknown patch type: explode in map: map[$patch:explode]"),
        (in_spec(**{"$retainKeys": "x"}), "invalid patch format of retainKeys"),
        (in_spec(**{"$retainKeys": ["a"], "b": 1}), "invalid patch format of retainKeys"),
        (in_spec(**{"$setElementOrder/containers": "x"}), "invalid patch format of setElementOrder list"),
        (pod({"$patch": "merge", "name": "x"}), "merging lists cannot yet be specified in the patch"),
        (pod(WEB, **{"$setElementOrder/containers": [{"name": "other"}]}),
         "The order in patch list:\n[map[image:nginx:1 name:web]]\n doesn't match $setElementOrder list:\n"
         "[map[name:other]]\n"),
        (in_spec(containers=["x"]), "list element types are not identical"),
        ({"metadata": {"finalizers": [["x"]]}}, "lists of lists are not supported"),
        ({"metadata": {"$deleteFromPrimitiveList/finalizers": "x"}},
         "expected a []interface {}, but received a str"),
    ],
)  # fmt: skip
def test_a_malformed_patch_is_refused(patch: Document, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        apply_strategic_merge_patch(pod(WEB) | {"metadata": {"finalizers": ["a"]}}, patch, POD)
    assert caught.value.message == message


def test_a_long_list_merges_in_reasonable_time() -> None:
    values = [f"example.com/{number}" for number in range(20_000)]
    document: Document = {"metadata": {"finalizers": values}}
    patched = apply_strategic_merge_patch(document, {"metadata": {"finalizers": values[::-1]}}, POD)
    assert patched == {"metadata": {"finalizers": values[::-1]}}

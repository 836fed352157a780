from __future__ import annotations

import copy

import pytest

from wherry.apimachinery.definitions import definition_name, definitions
from wherry.apimachinery.document import Document
from wherry.apimachinery.schema import schema_for_kind

POD = schema_for_kind("", "v1", "Pod")
DEPLOYMENT = schema_for_kind("apps", "v1", "Deployment")
SECRET = schema_for_kind("", "v1", "Secret")
LEASE = schema_for_kind("coordination.k8s.io", "v1", "Lease")


UNMARSHAL = "json: cannot unmarshal "


def pod(**container: object) -> Document:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "web", **container}]}}


def container_of(document: Document) -> object:
    checked = POD.check(document)
    assert checked.decode_error == ""
    spec = checked.document["spec"]
    assert isinstance(spec, dict)
    return spec["containers"][0]


@pytest.mark.parametrize(
    ("group", "kind", "name"),
    [
        ("", "Pod", "io.k8s.api.core.v1.Pod"),
        ("apps", "Deployment", "io.k8s.api.apps.v1.Deployment"),
        ("rbac.authorization.k8s.io", "Role", "io.k8s.api.rbac.v1.Role"),
        ("apiextensions.k8s.io", "CustomResourceDefinition",
         "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService", "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService"),
        ("meta.k8s.io", "DeleteOptions", "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"),
    ],
)  # fmt: skip
def test_every_kind_has_its_description(group: str, kind: str, name: str) -> None:
    assert definition_name(group, "v1", kind) == name
    assert name in definitions()


def test_a_right_document_stays_as_it_is() -> None:
    document: Document = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"a": "b"}, "creationTimestamp": "2026-11-23T07:00:00Z"},
        "spec": {
            "containers": [
                {
                    "name": "web",
                    "image": "nginx",
                    "command": ["a"],
                    "ports": [{"containerPort": 80}],
                    "resources": {"requests": {"cpu": "100m"}},
                    "livenessProbe": {"httpGet": {"port": "http"}},
                    "readinessProbe": {"httpGet": {"port": 80}},
                }
            ],
            "hostNetwork": False,
            "volumes": [{"name": "v", "emptyDir": {}}],
        },
    }
    checked = POD.check(document)
    assert checked.document == document
    assert (checked.unknown, checked.missing, checked.decode_error) == ([], [], "")


def test_unknown_fields_are_left_out_and_named() -> None:
    document = pod(foo=1, env=[{"name": "A"}, {"name": "B", "vlaue": "1"}]) | {"bar": {}}
    before = copy.deepcopy(document)
    checked = POD.check(document)
    assert checked.unknown == ["spec.containers[0].foo", "spec.containers[0].env[1].vlaue", "bar"]
    assert checked.document == pod(env=[{"name": "A"}, {"name": "B"}])
    assert document == before


def test_names_of_fields_are_case_sensitive() -> None:
    assert POD.check({"Metadata": {}}).unknown == ["Metadata"]


def test_nulls_are_dropped() -> None:
    document = pod(image=None, command=None)
    document["status"] = None
    assert POD.check(document).document == pod()


def test_nulls_in_lists_and_maps_become_zero_values_as_in_go() -> None:
    assert container_of(pod(command=["a", None])) == {"name": "web", "command": ["a", ""]}
    checked = POD.check({"metadata": {"labels": {"a": None}}, "spec": {"containers": [None]}})
    assert checked.document == {"metadata": {"labels": {"a": ""}}, "spec": {"containers": [{}]}}


def test_missing_fields_are_named() -> None:
    checked = POD.check({"spec": {"containers": [{"image": "x", "ports": [{}]}]}})
    assert checked.missing == ["spec.containers[0].ports[0].containerPort", "spec.containers[0].name"]
    assert [str(error) for error in checked.errors][1] == "spec.containers[0].name: Required value"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"replicas": "3"}, UNMARSHAL + "string into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"replicas": 1.5},
         UNMARSHAL + "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"replicas": 2**31},
         UNMARSHAL + "number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"replicas": True}, UNMARSHAL + "bool into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"paused": "yes"}, UNMARSHAL + "string into Go struct field DeploymentSpec.spec.paused of type bool"),
        ([], UNMARSHAL + "array into Go struct field Deployment.spec of type v1.DeploymentSpec"),
        ({"template": {"spec": {"containers": {}}}},
         UNMARSHAL + "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container"),
        ({"template": {"spec": {"containers": [{"env": [{"name": "A", "value": 5}]}]}}},
         UNMARSHAL + "number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string"),
        ({"template": {"spec": {"containers": ["x"]}}},
         UNMARSHAL + "string into Go struct field PodSpec.spec.template.spec.containers of type v1.Container"),
        ({"template": {"metadata": {"labels": {"a": 1}}}},
         UNMARSHAL + "number into Go struct field ObjectMeta.spec.template.metadata.labels of type string"),
        ({"selector": {"matchLabels": "x"}},
         UNMARSHAL + "string into Go struct field LabelSelector.spec.selector.matchLabels of type "
         "map[string]string"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_refused_in_the_words_of_go(spec: object, message: str) -> None:
    checked = DEPLOYMENT.check({"spec": spec})
    assert checked.decode_error == f'Deployment in version "v1" cannot be handled as a Deployment: {message}'
    assert checked.document == {}


def test_quantities_become_canonical_and_numbers_text() -> None:
    resources = {"limits": {"memory": "1024Mi", "cpu": 0.5}, "requests": {"cpu": 2}}
    normal = {"limits": {"memory": "1Gi", "cpu": "500m"}, "requests": {"cpu": "2"}}
    assert container_of(pod(resources=resources)) == {"name": "web", "resources": normal}


def test_a_bad_quantity_is_refused() -> None:
    checked = POD.check(pod(resources={"limits": {"memory": "lots"}}))
    assert checked.decode_error == (
        'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression '
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )
    assert POD.check(pod(resources={"limits": {"memory": [1]}})).decode_error.endswith("of type resource.Quantity")


def test_whole_numbers_may_be_written_as_floats() -> None:
    assert DEPLOYMENT.check({"spec": {"replicas": 3.0}}).document == {"spec": {"replicas": 3}}
    probe = {"httpGet": {"port": 80.0}}
    assert container_of(pod(livenessProbe=probe)) == {"name": "web", "livenessProbe": {"httpGet": {"port": 80}}}


def test_times_must_be_times_and_become_utc() -> None:
    checked = POD.check({"metadata": {"creationTimestamp": "2026-11-23T09:00:00+02:00"}})
    assert checked.document == {"metadata": {"creationTimestamp": "2026-11-23T07:00:00Z"}}
    checked = LEASE.check({"spec": {"renewTime": "2026-11-23T09:00:00.25+02:00"}})
    assert checked.document == {"spec": {"renewTime": "2026-11-23T07:00:00.250000Z"}}
    assert 'parsing time "noon"' in POD.check({"metadata": {"creationTimestamp": "noon"}}).decode_error


def test_data_of_secrets_must_be_base64() -> None:
    assert SECRET.check({"data": {"a": "aGVsbG8="}}).document == {"data": {"a": "aGVsbG8="}}
    assert SECRET.check({"data": {"a": "aGVs\nbG8="}}).document == {"data": {"a": "aGVsbG8="}}
    assert SECRET.check({"data": {"a": "he!lo"}}).decode_error.endswith("illegal base64 data at input byte 2")
    assert SECRET.check({"data": {"a": "aGVsbG8"}}).decode_error.endswith("illegal base64 data at input byte 7")


def test_free_form_parts_are_kept_as_they_are() -> None:
    revision = schema_for_kind("apps", "v1", "ControllerRevision")
    document: Document = {"revision": 1, "data": {"any": [None, {"x": None}]}}
    assert revision.check(document).document == document
    entry: Document = {"manager": "m", "fieldsV1": {"f:spec": {".": {}}}}
    assert POD.check({"metadata": {"managedFields": [entry]}}).document == {"metadata": {"managedFields": [entry]}}


def test_a_kind_that_is_not_described_keeps_all_but_bad_metadata() -> None:
    widget = schema_for_kind("example.com", "v1", "Widget")
    checked = widget.check({"kind": "Widget", "metadata": {"name": "w", "nope": 1}, "spec": {"any": None}})
    assert checked.document == {"kind": "Widget", "metadata": {"name": "w"}, "spec": {"any": None}}
    assert checked.unknown == ["metadata.nope"]


def test_a_description_may_contain_itself_but_not_without_end() -> None:
    crd = schema_for_kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
    nested: Document = {"type": "object"}
    for _ in range(5):
        nested = {"properties": {"a": nested}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": nested}}
    document: Document = {"spec": {"versions": [version]}}
    assert crd.check(document).document == document
    for _ in range(2000):
        nested = {"not": nested}
    version["schema"] = {"openAPIV3Schema": nested}
    assert "exceeded max depth" in crd.check(document).decode_error


def test_the_patch_strategy_of_a_field_is_known() -> None:
    containers = DEPLOYMENT.patch_strategy(["spec", "template", "spec", "containers"])
    assert containers.strategies == {"merge"}
    assert containers.merge_key == "name"
    volumes = DEPLOYMENT.patch_strategy(["spec", "template", "spec", "volumes"])
    assert volumes.strategies == {"merge", "retainKeys"}
    assert DEPLOYMENT.patch_strategy(["no", "such", "field"]).struct is None

"""Bodies in protobuf, through the whole server: what kubectl and helm send without ever falling back."""

from __future__ import annotations

import pytest

from suites.api_harness import Api, make_api, pod
from suites.protobuf_encoding import MAGIC, PROTOBUF, envelope, field
from wherry.apimachinery.document import Document

DEFAULT = "/api/v1/namespaces/default"
APPS = "/apis/apps/v1/namespaces/default"
LABELS = field(11, field(1, "app") + field(2, "web"))
CONTAINER = field(1, "app") + field(2, "app:1") + field(8, b"")
POD_SPEC = field(2, CONTAINER)
TEMPLATE = field(1, LABELS) + field(2, POD_SPEC)
SELECTOR = field(1, field(1, "app") + field(2, "web"))
STORAGE = field(1, field(1, "storage") + field(2, field(1, "1Gi")))


def named(name: str) -> bytes:
    """Metadata as Go writes it: every text, and an empty creation time."""
    return field(1, field(1, name) + field(2, "") + field(3, "") + field(8, b""))


@pytest.mark.parametrize(
    ("path", "api_version", "kind", "rest", "at", "expected"),
    [
        ("/api/v1/namespaces", "v1", "Namespace", b"", "status.phase", "Active"),
        (f"{DEFAULT}/pods", "v1", "Pod", field(2, POD_SPEC), "spec.containers.0.image", "app:1"),
        (
            f"{DEFAULT}/services",
            "v1",
            "Service",
            field(2, field(1, field(1, "") + field(3, 80) + field(4, field(1, 0) + field(2, 0) + field(3, "")))),
            "spec.ports",
            [{"protocol": "TCP", "port": 80, "targetPort": 80}],
        ),
        (f"{DEFAULT}/configmaps", "v1", "ConfigMap", field(2, field(1, "a") + field(2, "b")), "data", {"a": "b"}),
        (f"{DEFAULT}/secrets", "v1", "Secret", field(2, field(1, "a") + field(2, b"\xff")), "data", {"a": "/w=="}),
        (f"{DEFAULT}/serviceaccounts", "v1", "ServiceAccount", field(4, 0), "automountServiceAccountToken", False),
        (f"{DEFAULT}/endpoints", "v1", "Endpoints", b"", "kind", "Endpoints"),
        (
            f"{DEFAULT}/events",
            "v1",
            "Event",
            field(2, field(1, "Pod") + field(2, "default")) + field(3, "Pulled") + field(9, "Normal"),
            "reason",
            "Pulled",
        ),
        (
            f"{DEFAULT}/persistentvolumeclaims",
            "v1",
            "PersistentVolumeClaim",
            field(2, field(1, "ReadWriteOnce") + field(2, field(2, STORAGE[2:]))),
            "spec.resources.requests.storage",
            "1Gi",
        ),
        (
            "/api/v1/persistentvolumes",
            "v1",
            "PersistentVolume",
            field(2, STORAGE + field(2, field(3, field(1, "/data"))) + field(3, "ReadWriteOnce")),
            "spec.hostPath.path",
            "/data",
        ),
        ("/api/v1/nodes", "v1", "Node", b"", "kind", "Node"),
        (f"{APPS}/deployments", "apps/v1", "Deployment", b"", "spec.replicas", 0),
        (f"{APPS}/replicasets", "apps/v1", "ReplicaSet", b"", "spec.replicas", 0),
        (f"{APPS}/statefulsets", "apps/v1", "StatefulSet", b"", "spec.replicas", 0),
        (
            f"{APPS}/controllerrevisions",
            "apps/v1",
            "ControllerRevision",
            field(2, field(1, '{"a":[1]}')) + field(3, 1),
            "data",
            {"a": [1]},
        ),
        (
            "/apis/batch/v1/namespaces/default/jobs",
            "batch/v1",
            "Job",
            field(2, field(3, 0) + field(7, 0) + field(6, field(2, POD_SPEC + field(3, "Never")))),
            "spec.backoffLimit",
            0,
        ),
        (
            "/apis/coordination.k8s.io/v1/namespaces/default/leases",
            "coordination.k8s.io/v1",
            "Lease",
            field(2, field(1, "me") + field(4, field(1, 1_800_000_000) + field(2, 5000))),
            "spec.renewTime",
            "2027-01-15T08:00:00.000005Z",
        ),
        (
            "/apis/scheduling.k8s.io/v1/priorityclasses",
            "scheduling.k8s.io/v1",
            "PriorityClass",
            field(2, 0) + field(3, 0) + field(4, ""),
            "value",
            0,
        ),
        (
            "/apis/storage.k8s.io/v1/storageclasses",
            "storage.k8s.io/v1",
            "StorageClass",
            field(2, "example.org/disk") + field(6, 0),
            "allowVolumeExpansion",
            False,
        ),
        (
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            "discovery.k8s.io/v1",
            "EndpointSlice",
            field(4, "IPv4") + field(2, field(1, "10.0.0.1") + field(2, field(1, 0))),
            "endpoints.0.conditions.ready",
            False,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value[:1].isupper() else "",
)
async def test_every_kind_can_be_created(
    path: str, api_version: str, kind: str, rest: bytes, at: str, expected: object
) -> None:
    api = await make_api()
    if api_version == "apps/v1" and not rest:
        revision = field(3, field(1, field(11, field(1, "app") + field(2, "web"))) + field(2, POD_SPEC))
        rest = field(2, field(1, 0) + field(2, SELECTOR) + revision)
    body = envelope(api_version, kind, named("thing") + rest)
    answer = await api.ask("POST", path, body, content_type=PROTOBUF, accept="application/json")
    assert answer.status == 201, answer.body
    assert answer.at("kind") == kind
    assert answer.at("metadata.name") == "thing"
    assert answer.at(at) == expected


async def protobuf(api: Api, method: str, path: str, api_version: str, kind: str, raw: bytes) -> Document:
    return await api.must(method, path, envelope(api_version, kind, raw), content_type=PROTOBUF)


async def test_an_object_can_be_replaced_as_helm_does_it() -> None:
    api = await make_api()
    made = await api.must("POST", f"{DEFAULT}/secrets", {"metadata": {"name": "release"}, "data": {"v": "MQ=="}})
    metadata = made["metadata"]
    assert isinstance(metadata, dict)
    written = field(1, field(1, "release") + field(5, metadata["uid"]) + field(6, metadata["resourceVersion"]))
    data = field(2, field(1, "v") + field(2, b"2"))
    answer = await protobuf(api, "PUT", f"{DEFAULT}/secrets/release", "v1", "Secret", written + data)
    assert answer["data"] == {"v": "Mg=="}


async def test_scales_tokens_bindings_evictions_and_options() -> None:
    api = await make_api()
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": pod(app="web")}
    await api.must("POST", f"{APPS}/deployments", {"metadata": {"name": "web"}, "spec": spec})
    scale = await protobuf(
        api, "PUT", f"{APPS}/deployments/web/scale", "autoscaling/v1", "Scale", named("web") + field(2, field(1, 0))
    )
    assert scale["spec"] == {"replicas": 0}
    token = await protobuf(
        api,
        "POST",
        f"{DEFAULT}/serviceaccounts/default/token",
        "authentication.k8s.io/v1",
        "TokenRequest",
        named("") + field(2, field(1, "x") + field(4, 1200)),
    )
    assert isinstance(token["spec"], dict)
    assert token["spec"]["expirationSeconds"] == 1200
    await api.must("POST", f"{DEFAULT}/pods", pod("web"))
    binding = named("web") + field(2, field(1, "Node") + field(3, "n1"))
    await protobuf(api, "POST", f"{DEFAULT}/pods/web/binding", "v1", "Binding", binding)
    assert (await api.ask("GET", f"{DEFAULT}/pods/web")).at("spec.nodeName") == "n1"
    eviction = named("web") + field(2, field(1, 7))
    await protobuf(api, "POST", f"{DEFAULT}/pods/web/eviction", "policy/v1", "Eviction", eviction)
    assert (await api.ask("GET", f"{DEFAULT}/pods/web")).at("metadata.deletionGracePeriodSeconds") == 7
    await protobuf(api, "DELETE", f"{DEFAULT}/pods/web", "v1", "DeleteOptions", field(1, 0))
    assert (await api.ask("GET", f"{DEFAULT}/pods/web")).status == 404


async def test_questions_are_answered() -> None:
    api = await make_api()
    authentication, authorization = "authentication.k8s.io/v1", "authorization.k8s.io/v1"
    who = await protobuf(
        api, "POST", f"/apis/{authentication}/selfsubjectreviews", authentication, "SelfSubjectReview", named("")
    )
    assert isinstance(who["status"], dict)
    assert who["status"]["userInfo"]["username"] == "kubernetes-admin"
    asked = field(2, field(1, field(1, "default") + field(2, "create") + field(5, "pods"))) + field(3, field(1, 0))
    may = await protobuf(
        api, "POST", f"/apis/{authorization}/selfsubjectaccessreviews", authorization, "SelfSubjectAccessReview", asked
    )
    assert may["status"] == {"allowed": True}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b'{"kind":"ConfigMap"}',
            "the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be "
            "a protobuf message, expected prefix [107 56 115 0] "
            '({"kind":"ConfigMap"})',
        ),
        (b"", "the object provided is unrecognized (must be of type ConfigMap): empty data (<empty>)"),
        (
            MAGIC + b"\x0a\x7f",
            "the object provided is unrecognized (must be of type ConfigMap): unexpected EOF (6b3873000a7f)",
        ),
        (
            envelope("v1", "ConfigMap", b"\x0a\x7f"),
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF',
        ),
        (
            envelope("v1", "Pod", named("x")),
            'Pod in version "v1" cannot be handled as a ConfigMap: '
            "converting (v1.Pod) to (core.ConfigMap): unknown conversion",
        ),
        (
            envelope("apps/v1", "ConfigMap", named("x")),
            "the API version in the data (apps/v1) does not match the expected API version (v1)",
        ),
    ],
)
async def test_bad_bodies_are_refused_in_the_words_of_kubernetes(body: bytes, message: str) -> None:
    api = await make_api()
    answer = await api.ask("POST", f"{DEFAULT}/configmaps", body, content_type=PROTOBUF)
    assert (answer.status, answer.at("reason")) == (400, "BadRequest")
    assert answer.at("message") == message


async def test_an_envelope_may_leave_the_kind_to_the_path() -> None:
    api = await make_api()
    answer = await api.must("POST", f"{DEFAULT}/configmaps", MAGIC + field(2, named("x")), content_type=PROTOBUF)
    assert (answer["kind"], answer["apiVersion"]) == ("ConfigMap", "v1")


async def test_the_wrong_options_are_refused() -> None:
    api = await make_api()
    body = envelope("v1", "Pod", b"")
    answer = await api.ask("DELETE", f"{DEFAULT}/pods/x", body, content_type=PROTOBUF)
    assert answer.status == 400
    assert "cannot be handled as a DeleteOptions" in str(answer.at("message"))


async def test_a_patch_is_never_protobuf() -> None:
    api = await make_api()
    await api.must("POST", f"{DEFAULT}/configmaps", {"metadata": {"name": "x"}})
    body = envelope("v1", "ConfigMap", named("x"))
    assert (await api.ask("PATCH", f"{DEFAULT}/configmaps/x", body, content_type=PROTOBUF)).status == 415


async def test_validation_speaks_as_it_does_about_json() -> None:
    api = await make_api()
    body = envelope("v1", "Pod", named("x") + field(2, field(2, field(1, "") + field(2, "app:1"))))
    written = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "", "image": "app:1"}]}}
    sent = await api.ask("POST", f"{DEFAULT}/pods", body, content_type=PROTOBUF)
    typed = await api.ask("POST", f"{DEFAULT}/pods", written)
    assert sent.status == typed.status == 422
    assert sent.json == typed.json

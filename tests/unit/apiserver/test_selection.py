from __future__ import annotations

import pytest

from suites.api_harness import MERGE, Api, make_api, pod
from wherry.api.registry import RESOURCE_TYPES

META = {"metadata.name", "metadata.namespace"}
ABOUT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
# What a real API server can select by, besides the name and the namespace.
SELECTABLE: dict[tuple[str, str], set[str]] = {
    ("", "pods"): {
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    },
    ("", "events"): {*(f"involvedObject.{name}" for name in ABOUT), "reason", "reportingComponent", "source", "type"},
    ("events.k8s.io", "events"): {*(f"regarding.{name}" for name in ABOUT), "reason", "reportingController", "type"},
    ("", "secrets"): {"type"},
    ("", "namespaces"): {"status.phase"},
    ("", "nodes"): {"spec.unschedulable"},
    ("", "services"): {"spec.clusterIP", "spec.type"},
    ("", "replicationcontrollers"): {"status.replicas"},
    ("apps", "replicasets"): {"status.replicas"},
    ("batch", "jobs"): {"status.successful"},
    ("certificates.k8s.io", "certificatesigningrequests"): {"spec.signerName"},
    ("resource.k8s.io", "resourceslices"): {"spec.driver", "spec.nodeName"},
}  # fmt: skip
PODS = "/api/v1/namespaces/default/pods"
SECRETS = "/api/v1/namespaces/default/secrets"


@pytest.fixture
async def api() -> Api:
    return await make_api()


async def chosen(api: Api, path: str, field_selector: str) -> list[str]:
    items = (await api.must("GET", path, fieldSelector=field_selector))["items"]
    assert isinstance(items, list)
    return [item["metadata"]["name"] for item in items]


@pytest.mark.parametrize("resource", RESOURCE_TYPES, ids=lambda each: f"{each.version}.{each.qualified_plural}")
def test_each_kind_can_be_selected_by_what_upstream_allows(resource: object) -> None:
    from wherry.apimachinery.resource_type import ResourceType

    assert isinstance(resource, ResourceType)
    expected = SELECTABLE.get((resource.group, resource.plural), set())
    assert set(resource.selectable_fields) == expected


async def test_pods_are_chosen_by_each_of_their_fields(api: Api) -> None:
    spec = {"nodeName": "n1", "restartPolicy": "Never", "schedulerName": "mine", "hostNetwork": True}
    made = pod("one")
    made["spec"] = {**made["spec"], **spec}  # type: ignore[dict-item]
    await api.must("POST", PODS, made)
    await api.must("POST", PODS, pod("two"))
    status = {"status": {"phase": "Running", "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}],
                         "nominatedNodeName": "n2"}}  # fmt: skip
    await api.must("PATCH", f"{PODS}/one/status", status, content_type=MERGE)
    for selector in (
        "spec.nodeName=n1", "spec.restartPolicy=Never", "spec.schedulerName==mine", "spec.hostNetwork=true",
        "status.phase=Running", "status.podIP=10.0.0.7", "status.nominatedNodeName=n2", "spec.nodeName!=",
        "spec.nodeName=n1,status.phase!=Pending", "metadata.name=one", "metadata.name!=two,metadata.namespace=default",
    ):  # fmt: skip
        assert await chosen(api, PODS, selector) == ["one"], selector
    assert await chosen(api, PODS, "spec.nodeName=") == ["two"]
    assert await chosen(api, PODS, "spec.serviceAccountName=default") == ["one", "two"]
    assert await chosen(api, "/api/v1/pods", "metadata.namespace=kube-system") == []


async def test_secrets_are_chosen_by_type(api: Api) -> None:
    await api.must("POST", SECRETS, {"metadata": {"name": "a"}, "type": "example.com/mine"})
    await api.must("POST", SECRETS, {"metadata": {"name": "b"}})
    assert await chosen(api, SECRETS, "type=example.com/mine") == ["a"]
    assert await chosen(api, SECRETS, "type=Opaque") == ["b"]


@pytest.mark.parametrize(
    ("path", "selector", "message"),
    [
        (PODS, "spec.foo=1", "field label not supported: spec.foo"),
        (
            "/api/v1/configmaps",
            "data.a=1",
            '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        (PODS, "status.phase", "invalid selector: 'status.phase'; can't understand 'status.phase'"),
        (PODS, "spec.nodeName=a=b", "invalid field selector: unescaped character in value: 61"),
    ],
)
async def test_a_field_that_cannot_be_selected_is_refused(api: Api, path: str, selector: str, message: str) -> None:
    for options in ({}, {"watch": "1"}):
        answer = await api.ask("GET", path, fieldSelector=selector, **options)
        assert (answer.status, answer.at("reason"), answer.at("message")) == (400, "BadRequest", message)
    refused = await api.ask("DELETE", PODS if path == PODS else "/api/v1/namespaces/default/configmaps",
                            fieldSelector=selector)  # fmt: skip
    assert (refused.status, refused.at("message")) == (400, message)


async def test_a_label_selector_of_ten_thousand_terms_is_answered(api: Api) -> None:
    await api.must("POST", PODS, pod("one", app="web"))
    selector = ",".join(f"k{number}!=v" for number in range(10_000))
    answer = await api.must("GET", PODS, labelSelector=f"app=web,{selector}")
    assert len(answer["items"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("selector", ["a===b", "a in (", "a in ()", "-a=b", "a=b c", ",", "a=" + "x" * 64, "(" * 1000])
async def test_a_malformed_label_selector_is_a_bad_request(api: Api, selector: str) -> None:
    for path in (PODS, f"{PODS}?watch=1"):
        answer = await api.ask("GET", path, labelSelector=selector)
        assert (answer.status, answer.at("reason")) == (400, "BadRequest")

"""pods/ephemeralcontainers and pods/resize: who may change what, and what they answer."""

from __future__ import annotations

import copy
from typing import cast

import pytest

from suites.api_harness import MERGE, STRATEGIC, Api, make_api
from wherry.apimachinery.document import Document

PODS = "/api/v1/namespaces/default/pods"
SIZED: Document = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}}
POD: Document = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "app", "image": "app:1", "resources": SIZED}, {"name": "b", "image": "b:1"}]},
}
DEBUGGER: Document = {"name": "debugger", "image": "busybox:1", "targetContainerName": "app", "stdin": True}


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    await api.must("POST", PODS, POD)
    return api


async def patch(api: Api, part: str, spec: Document, content_type: str = STRATEGIC) -> tuple[int, str]:
    answer = await api.ask("PATCH", f"{PODS}/web/{part}", {"spec": spec}, content_type=content_type)
    return answer.status, str(answer.at("message"))


def resized(resources: Document, name: str = "app") -> Document:
    return {"containers": [{"name": name, "resources": resources}]}


async def test_a_container_to_look_inside_is_added_with_its_defaults(api: Api) -> None:
    answer = await api.ask(
        "PATCH",
        f"{PODS}/web/ephemeralcontainers",
        {"spec": {"ephemeralContainers": [DEBUGGER]}},
        content_type=STRATEGIC,
    )
    assert answer.status == 200, answer.body
    assert answer.at("spec.ephemeralContainers.0.terminationMessagePolicy") == "File"
    assert answer.at("metadata.generation") == 2
    assert (await api.ask("GET", f"{PODS}/web/ephemeralcontainers")).at("kind") == "Pod"


async def test_nothing_else_of_the_pod_changes_by_that_path(api: Api) -> None:
    pod = await api.must("GET", f"{PODS}/web")
    spec = cast("Document", copy.deepcopy(pod["spec"]))
    spec |= {"ephemeralContainers": [DEBUGGER], "hostNetwork": True}
    metadata = {**cast("Document", pod["metadata"]), "labels": {"a": "b"}}
    answer = await api.ask("PUT", f"{PODS}/web/ephemeralcontainers", {**pod, "spec": spec, "metadata": metadata})
    assert answer.status == 200, answer.body
    assert answer.at("spec.hostNetwork") is None
    assert answer.at("metadata.labels") is None
    assert answer.at("spec.ephemeralContainers.0.name") == "debugger"


async def test_a_seen_revision_that_is_old_is_a_conflict(api: Api) -> None:
    pod = await api.must("GET", f"{PODS}/web")
    await api.must("PATCH", f"{PODS}/web", {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
    assert (await api.ask("PUT", f"{PODS}/web/ephemeralcontainers", pod)).status == 409


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"name": "app"}, 'spec.ephemeralContainers[0].name: Duplicate value: "app"'),
        ({"targetContainerName": "c"}, 'spec.ephemeralContainers[0].targetContainerName: Not found: "c"'),
        ({"ports": [{"containerPort": 1}]}, "ports: Forbidden: cannot be set for an Ephemeral Container"),
        ({"resources": {"limits": {"cpu": "1"}}}, "resources: Forbidden: cannot be set for an Ephemeral Container"),
        (
            {"livenessProbe": {"exec": {"command": ["x"]}}},
            "livenessProbe: Forbidden: cannot be set for an Ephemeral Container",
        ),
        ({"image": ""}, "spec.ephemeralContainers[0].image: Required value"),
    ],
)
async def test_what_such_a_container_may_not_be(api: Api, changes: Document, wanted: str) -> None:
    status, message = await patch(api, "ephemeralcontainers", {"ephemeralContainers": [{**DEBUGGER, **changes}]})
    assert status == 422
    assert wanted in message


async def test_a_container_that_looks_inside_stays_as_it_is(api: Api) -> None:
    await patch(api, "ephemeralcontainers", {"ephemeralContainers": [DEBUGGER]})
    changed = {**DEBUGGER, "image": "busybox:2"}
    _, message = await patch(api, "ephemeralcontainers", {"ephemeralContainers": [changed]})
    assert 'existing ephemeral containers "debugger" may not be changed' in message
    _, message = await patch(api, "ephemeralcontainers", {"ephemeralContainers": None}, MERGE)
    assert 'existing ephemeral containers "debugger" may not be removed' in message


async def test_a_pod_has_none_at_first_and_gets_none_by_its_own_path(api: Api) -> None:
    body = copy.deepcopy(POD)
    cast("Document", body["metadata"])["name"] = "other"
    cast("Document", body["spec"])["ephemeralContainers"] = [DEBUGGER]
    answer = await api.ask("POST", PODS, body)
    assert "spec.ephemeralContainers: Forbidden: cannot be set on create" in str(answer.at("message"))
    await patch(api, "ephemeralcontainers", {"ephemeralContainers": [DEBUGGER]})
    answer = await api.ask("PATCH", f"{PODS}/web", {"spec": {"ephemeralContainers": None}}, content_type=MERGE)
    assert answer.at("spec.ephemeralContainers.0.name") == "debugger"


async def test_a_containers_size_is_changed(api: Api) -> None:
    larger: Document = {"requests": {"cpu": "150m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}}
    answer = await api.ask("PATCH", f"{PODS}/web/resize", {"spec": resized(larger)}, content_type=STRATEGIC)
    assert answer.status == 200, answer.body
    assert answer.at("spec.containers.0.resources") == {
        "requests": {"cpu": "150m", "memory": "96Mi"},
        "limits": {"cpu": "200m", "memory": "256Mi"},
    }
    assert answer.at("metadata.generation") == 2


async def test_an_image_does_not_change_with_the_size(api: Api) -> None:
    pod = await api.must("GET", f"{PODS}/web")
    containers = cast("list[Document]", cast("Document", pod["spec"])["containers"])
    containers[0]["image"] = "app:2"
    assert (await api.ask("PUT", f"{PODS}/web/resize", pod)).at("spec.containers.0.image") == "app:1"


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (resized({"limits": {"cpu": None}}), "resources.limits: Forbidden: resource limits cannot be removed"),
        (
            resized({"limits": {"ephemeral-storage": "1Gi"}, "requests": {"ephemeral-storage": "1Gi"}}),
            "spec: Forbidden: only cpu and memory resources are mutable",
        ),
        (resized({"requests": {"cpu": "1"}}), "must be less than or equal to cpu limit of 200m"),
        (
            resized({"limits": {"cpu": "1"}, "requests": {"cpu": "-1"}}),
            "spec.containers[0].resources.requests[cpu]: Invalid value",
        ),
        ({"containers": [{"name": "c", "image": "c:1"}]}, "containers may not be renamed or reordered on resize"),
    ],
)
async def test_what_may_not_be_resized(api: Api, spec: Document, wanted: str) -> None:
    status, message = await patch(api, "resize", spec)
    assert status == 422
    assert wanted in message


async def test_a_size_that_changes_how_the_pod_is_treated_is_refused(api: Api) -> None:
    body = copy.deepcopy(POD)
    body["metadata"] = {"name": "even"}
    cast("Document", body["spec"])["containers"] = [
        {"name": "app", "image": "app:1", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
    ]
    await api.must("POST", PODS, body)
    answer = await api.ask(
        "PATCH", f"{PODS}/even/resize", {"spec": resized({"limits": {"cpu": "2"}})}, content_type=STRATEGIC
    )
    assert 'spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing' in str(
        answer.at("message")
    )


async def test_a_node_that_does_not_report_sizes_cannot_change_them(api: Api) -> None:
    running = {"name": "app", "ready": True, "restartCount": 0, "image": "i", "imageID": "", "state": {"running": {}}}
    status = {"status": {"containerStatuses": [running]}}
    await api.must("PATCH", f"{PODS}/web/status", status, content_type=MERGE)
    _, message = await patch(api, "resize", resized({"limits": {"cpu": "1"}}))
    assert "spec: Forbidden: Pod running on node without support for resize" in message

from __future__ import annotations

import pytest

from suites.api_harness import MERGE, Api, make_api, pod
from wherry.apimachinery.document import Document
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import App, Request, Response, Upgrade

PODS = "/api/v1/namespaces/default/pods"
SOCKET = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-protocol": "v5.channel.k8s.io"}


class FakeNode:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.names: list[str] = []

    async def connect(self, node: str) -> App:
        self.names.append(node)
        return self.answer

    async def answer(self, request: Request) -> Response:
        self.asked.append(request)
        return Response(content_type="text/plain", body=b"hello\n")


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
async def api(clock: FakeClock, node: FakeNode) -> Api:
    return await make_api(clock, connect_node=node.connect)


async def running(api: Api, *containers: str, state: Document | None = None) -> None:
    body = pod()
    names = containers or ("app",)
    body["spec"]["containers"] = [{"name": name, "image": "a:1"} for name in names]  # type: ignore[index]
    await api.must("POST", PODS, body)
    await api.must("POST", f"{PODS}/web/binding", {"metadata": {"name": "web"}, "target": {"name": "n1"}})
    shown: Document = state or {"running": {}}
    statuses = [
        {
            "name": name,
            "image": "a:1",
            "imageID": "",
            "ready": True,
            "restartCount": 0,
            "state": shown,
        }
        for name in names
    ]
    patch = {"status": {"phase": "Running", "containerStatuses": statuses}}
    await api.must("PATCH", f"{PODS}/web/status", patch, content_type=MERGE)


async def test_a_binding_is_made_once(api: Api) -> None:
    await api.must("POST", PODS, pod())
    binding = {"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "n1"}}
    answer = await api.ask("POST", f"{PODS}/web/binding", binding)
    assert (answer.status, answer.at("status")) == (201, "Success")
    bound = await api.ask("GET", f"{PODS}/web")
    assert bound.at("spec.nodeName") == "n1"
    assert bound.at("status.conditions.0.type") == "PodScheduled"
    assert bound.at("metadata.generation") == 1
    again = await api.ask("POST", f"{PODS}/web/binding", {**binding, "target": {"name": "n2"}})
    assert (again.status, again.at("reason")) == (409, "Conflict")
    assert str(again.at("message")).endswith('pod web is already assigned to node "n1"')


async def test_a_binding_needs_a_node(api: Api) -> None:
    await api.must("POST", PODS, pod())
    answer = await api.ask("POST", f"{PODS}/web/binding", {"metadata": {"name": "web"}, "target": {}})
    assert (answer.status, answer.at("details.causes.0.field")) == (422, "target.name")


async def test_an_eviction_is_a_polite_deletion(api: Api) -> None:
    await running(api)
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}}
    assert (await api.ask("POST", f"{PODS}/web/eviction", body)).status == 201
    assert (await api.ask("GET", f"{PODS}/web")).at("metadata.deletionGracePeriodSeconds") == 30


async def test_a_scale_is_read_and_written(api: Api) -> None:
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": pod(app="web")}
    await api.must("POST", deployments, {"metadata": {"name": "web"}, "spec": spec})
    scale = await api.must("GET", f"{deployments}/web/scale")
    assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 1})
    assert scale["status"] == {"replicas": 0, "selector": "app=web"}
    scale["spec"] = {"replicas": 4}
    await api.must("PUT", f"{deployments}/web/scale", scale)
    scaled = await api.ask("GET", f"{deployments}/web")
    assert (scaled.at("spec.replicas"), scaled.at("metadata.generation")) == (4, 2)
    assert (await api.ask("PUT", f"{deployments}/web/scale", scale)).status == 409
    negative = await api.ask("PATCH", f"{deployments}/web/scale", {"spec": {"replicas": -1}}, content_type=MERGE)
    assert (negative.status, negative.at("details.causes.0.field")) == (422, "spec.replicas")


async def test_logs_come_from_the_pods_node(api: Api, node: FakeNode) -> None:
    await running(api)
    answer = await api.ask("GET", f"{PODS}/web/log", follow="true", tailLines="5", junk="1")
    assert answer.body == b"hello\n"
    assert node.names == ["n1"]
    (asked,) = node.asked
    assert asked.path == "/containerLogs/default/web/app"
    assert asked.query == "follow=true&tailLines=5"


async def test_logs_come_over_a_socket_too(api: Api, node: FakeNode) -> None:
    await running(api)
    wish = {"upgrade": "websocket", "connection": "Upgrade"}
    for offered, told in (("", b"hello\n"), ("binary.k8s.io", b"hello\n"), ("base64.binary.k8s.io", b"aGVsbG8K")):
        headers = {**wish, "sec-websocket-protocol": offered} if offered else wish
        response = await api.raw("GET", f"{PODS}/web/log", headers=headers)
        assert isinstance(response.upgrade, Upgrade)
        assert response.upgrade.subprotocol == offered
        socket = Ear()
        await response.upgrade.handler(socket)
        assert socket.heard == [told]
    refused = await api.raw("GET", f"{PODS}/web/log", headers={**wish, "sec-websocket-protocol": "v9.other"})
    assert refused.status == 400


class Ear:
    """The client's end of a WebSocket that only listens."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def receive(self) -> bytes:
        raise NotImplementedError

    async def send(self, message: bytes) -> None:
        self.heard.append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        raise NotImplementedError


async def test_one_of_several_containers_must_be_named(api: Api) -> None:
    await running(api, "a", "b")
    answer = await api.ask("GET", f"{PODS}/web/log")
    assert answer.status == 400
    assert answer.at("message") == "a container name must be specified for pod web, choose one of: [a b]"
    unknown = await api.ask("GET", f"{PODS}/web/log", container="c")
    assert unknown.at("message") == "container c is not valid for pod web"


async def test_a_container_that_waits_has_no_log(api: Api) -> None:
    await running(api, state={"waiting": {"reason": "ContainerCreating"}})
    answer = await api.ask("GET", f"{PODS}/web/log")
    assert answer.status == 400
    assert answer.at("message") == 'container "app" in pod "web" is waiting to start: ContainerCreating'


async def test_there_is_no_previous_log_before_a_restart(api: Api) -> None:
    await running(api)
    answer = await api.ask("GET", f"{PODS}/web/log", previous="true")
    assert answer.at("message") == 'previous terminated container "app" in pod "web" not found'


async def test_a_pod_without_a_node_has_no_log(api: Api) -> None:
    await api.must("POST", PODS, pod())
    assert (await api.ask("GET", f"{PODS}/web/log")).at("message") == "pod web does not have a host assigned"


async def test_exec_hands_the_socket_to_the_node(api: Api, node: FakeNode) -> None:
    await running(api)
    response = await api.raw("GET", f"{PODS}/web/exec?command=sh&command=-c&stdout=true&container=app", headers=SOCKET)
    assert response.status == 200
    (asked,) = node.asked
    assert asked.path == "/exec/default/web/app"
    assert asked.query == "command=sh&command=-c&stdout=true"
    assert asked.headers["sec-websocket-protocol"] == "v5.channel.k8s.io"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_exec_without_a_socket_is_refused(api: Api, method: str, node: FakeNode) -> None:
    await running(api)
    for headers in ({}, {"upgrade": "h2c", "connection": "upgrade"}):
        response = await api.raw(method, f"{PODS}/web/exec?command=sh&stdout=true", headers=headers)
        assert (response.status, b"Upgrade request required" in response.body) == (400, True)  # type: ignore[operator]
    assert node.asked == []


async def test_exec_by_spdy_goes_to_the_node_with_all_versions_that_are_offered(api: Api, node: FakeNode) -> None:
    await running(api)
    headers = {"upgrade": "SPDY/3.1", "connection": "upgrade"}
    offered = {"x-stream-protocol-version": ["v5.channel.k8s.io", "v4.channel.k8s.io"]}
    await api.raw("POST", f"{PODS}/web/exec?command=sh&stdout=true", headers=headers, repeated=offered)
    (asked,) = node.asked
    assert asked.headers["upgrade"] == "SPDY/3.1"
    assert asked.values("x-stream-protocol-version") == offered["x-stream-protocol-version"]


async def test_exec_needs_a_command_and_a_stream(api: Api) -> None:
    await running(api)
    assert (await api.raw("GET", f"{PODS}/web/exec?stdout=true", headers=SOCKET)).status == 400
    assert (await api.raw("GET", f"{PODS}/web/exec?command=sh", headers=SOCKET)).status == 400


async def test_a_completed_pod_runs_nothing(api: Api) -> None:
    await running(api)
    await api.must("PATCH", f"{PODS}/web/status", {"status": {"phase": "Succeeded"}}, content_type=MERGE)
    response = await api.raw("GET", f"{PODS}/web/exec?command=sh&stdout=true", headers=SOCKET)
    assert b"cannot exec into a container in a completed pod; current phase is Succeeded" in response.body  # type: ignore[operator]


async def test_attach_and_port_forward_reach_the_node_too(api: Api, node: FakeNode) -> None:
    await running(api)
    await api.raw("GET", f"{PODS}/web/attach?stdin=true&stdout=true", headers=SOCKET)
    await api.raw("GET", f"{PODS}/web/portforward?ports=80", headers=SOCKET)
    assert [request.path for request in node.asked] == ["/attach/default/web/app", "/portForward/default/web"]


async def test_a_subresource_that_a_kind_lacks_is_unknown(api: Api) -> None:
    for path in (f"{PODS}/web/nosuch", f"{PODS}/web/log/extra", "/api/v1/namespaces/default/configmaps/m/status"):
        assert (await api.ask("GET", path)).status == 404
    assert (await api.ask("DELETE", f"{PODS}/web/log")).status == 405


async def test_a_binding_posted_to_the_namespace_binds_its_pod_and_is_not_stored(api: Api) -> None:
    await api.must("POST", PODS, pod())
    path = "/api/v1/namespaces/default/bindings"
    answer = await api.ask("POST", path, {"metadata": {"name": "web"}, "target": {"name": "n1"}})
    assert answer.status == 201
    assert (await api.ask("GET", f"{PODS}/web")).at("spec.nodeName") == "n1"
    assert await api.server.environment.store.count("/core/bindings/") == 0

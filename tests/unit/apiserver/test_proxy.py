"""Proxies to pods, services and nodes: what a backend gets, and what comes back."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from suites.api_harness import MERGE, Api, make_api, pod
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, StatusError
from wherry.apiserver.subresources import node_proxy, pod_proxy, service_proxy
from wherry.apiserver.subresources.html_links import LinkTurner, turn_links
from wherry.apiserver.subresources.proxying import check_address
from wherry.kit.clock import FakeClock, SystemClock
from wherry.kit.http.server import Server
from wherry.kit.http.types import App, ByteStream, Request, Response, StreamUpgrade, read_body

NAMESPACE = "/api/v1/namespaces/default"
IP = "10.244.0.9"


class Backend:
    """A web server in a pod."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answer = Response(200, content_type="text/plain", body=b"hello")

    async def app(self, request: Request) -> Response:
        self.asked.append(request)
        if request.headers.get("upgrade") == "shout/1":
            return Response(101, upgrade=StreamUpgrade([("Connection", "Upgrade"), ("Upgrade", "shout/1")], shout))
        return self.answer


async def shout(stream: ByteStream) -> None:
    while data := await stream.read():
        await stream.write(data.upper())


class Agent:
    """A node's own API."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    async def connect(self, name: str) -> App:
        async def app(request: Request) -> Response:
            self.asked.append(request)
            return Response(body=b'{"kind":"PodList"}')

        return app


@pytest.fixture
async def backend() -> AsyncIterator[tuple[Backend, int]]:
    backend = Backend()
    server = Server(backend.app, host="127.0.0.1", port=0, clock=SystemClock())
    await server.start()
    yield backend, server.port
    await server.stop(0)


@pytest.fixture
def agent() -> Agent:
    return Agent()


@pytest.fixture
async def api(clock: FakeClock, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A server that takes the pods' network for this machine's own."""

    def here(text: str) -> str:
        assert text == IP
        return "127.0.0.1"

    for module in (pod_proxy, service_proxy, node_proxy):
        monkeypatch.setattr(module, "check_address", here)
    return await make_api(clock, connect_node=agent.connect)


async def a_pod(api: Api, ip: str = IP) -> None:
    await api.must("POST", f"{NAMESPACE}/pods", pod())
    status = {"status": {"podIP": ip, "podIPs": [{"ip": ip}]}}
    await api.must("PATCH", f"{NAMESPACE}/pods/web/status", status, content_type=MERGE)


async def a_service(api: Api, port: int, **address: object) -> None:
    await a_pod(api)
    spec = {"ports": [{"name": "http", "port": 80}]}
    await api.must("POST", f"{NAMESPACE}/services", {"metadata": {"name": "web"}, "spec": spec})
    reference = {"kind": "Pod", "name": "web", "namespace": "default"}
    subset = {"addresses": [{"ip": IP, "targetRef": reference, **address}], "ports": [{"name": "http", "port": port}]}
    await api.must("POST", f"{NAMESPACE}/endpoints", {"metadata": {"name": "web"}, "subsets": [subset]})


async def test_a_pod_gets_the_request_as_it_was_without_credentials(api: Api, backend: tuple[Backend, int]) -> None:
    seen, port = backend
    await a_pod(api)
    headers = {
        "authorization": "Bearer secret",
        "cookie": "a=b",
        "impersonate-user": "ana",
        "impersonate-group": "system:masters",
        "connection": "x-mine, close",
        "x-mine": "1",
        "x-yours": "2",
        "te": "trailers",
        "host": "api.example.com",
    }
    path = f"{NAMESPACE}/pods/web:{port}/proxy/a%2Fb//c/..%2f?x=1&timeout=never"
    answer = await api.ask("PATCH", path, b"body", content_type="text/x", headers=headers)  # type: ignore[arg-type]
    assert (answer.status, answer.body) == (200, b"hello")
    assert ("content-type", "text/plain") in answer.headers
    (asked,) = seen.asked
    assert (asked.method, asked.path, asked.query, asked.body) == (
        "PATCH",
        "/a%2Fb//c/..%2f",
        "x=1&timeout=never",
        b"body",
    )
    assert asked.headers["x-yours"] == "2"
    assert asked.headers["host"] == "api.example.com"
    assert asked.headers["x-forwarded-uri"] == path.partition("?")[0]
    assert (
        not {"authorization", "cookie", "impersonate-user", "impersonate-group", "x-mine", "te"} & asked.headers.keys()
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_every_method_reaches_a_service(api: Api, backend: tuple[Backend, int], method: str) -> None:
    seen, port = backend
    await a_service(api, port)
    for name in ("web", "web:http", "web:80", "http:web:http"):
        name = name if ":" in name else f"{name}:http"
        answer = await api.ask(method, f"{NAMESPACE}/services/{name}/proxy/path")
        assert answer.status == 200, answer.body
    assert {(asked.method, asked.path) for asked in seen.asked} == {(method, "/path")}


async def test_the_root_is_redirected_to_a_path_that_ends_with_a_slash(api: Api, backend: tuple[Backend, int]) -> None:
    seen, port = backend
    await a_pod(api)
    path = f"{NAMESPACE}/pods/web:{port}/proxy"
    answer = await api.ask("GET", f"{path}?a=b")
    assert (answer.status, dict(answer.headers)["Location"]) == (301, f"{path}/?a=b")
    assert (await api.ask("POST", path)).status == 200
    assert (await api.ask("GET", f"{path}/")).status == 200
    assert [asked.path for asked in seen.asked] == ["/", "/"]


async def test_redirects_and_links_lead_through_the_proxy(api: Api, backend: tuple[Backend, int]) -> None:
    seen, port = backend
    await a_pod(api)
    path = f"{NAMESPACE}/pods/web:{port}/proxy"
    for location, turned in (
        ("/login?next=/", f"{path}/login?next=/"),
        (f"http://127.0.0.1:{port}/x/", f"{path}/x/"),
        ("http://example.com/x", "http://example.com/x"),
        ("relative", "relative"),
    ):
        seen.answer = Response(
            302, content_type="", headers=[("Location", location), ("Access-Control-Allow-Origin", "*")]
        )
        headers = dict((await api.ask("GET", f"{path}/")).headers)
        assert headers["location"] == turned
        assert "access-control-allow-origin" not in headers
    seen.answer = Response(200, content_type="text/html; charset=utf-8", body=b'<p><a href="/rewriteme">test</a></p>')
    assert (await api.ask("GET", f"{path}/")).body == f'<p><a href="{path}/rewriteme">test</a></p>'.encode()
    packed = gzip.compress(b'<a href="/x">')
    seen.answer = Response(200, content_type="text/html", body=packed, headers=[("Content-Encoding", "gzip")])
    assert (await api.ask("GET", f"{path}/")).body == packed


def test_links_are_turned_where_they_are_links() -> None:
    turner = LinkTurner("/p", frozenset({"10.0.0.1"}))
    page = b'<a href=\'/x\'>/y</a><img src="http://10.0.0.1/z/"><a href="//cdn/x"><p title="/t">href="/u"<a href=/bare>'
    turned = b'<a href=\'/p/x\'>/y</a><img src="/p/z/"><a href="//cdn/x"><p title="/t">href="/u"<a href=/bare>'
    assert turn_links(page, turner) == turned
    assert turner.turn("/p/again") == "/p/again"
    assert turner.turn("http://[broken") == "http://[broken"


async def test_a_stream_comes_as_it_is_said(api: Api, backend: tuple[Backend, int]) -> None:
    seen, port = backend
    await a_pod(api)
    gate = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"one "
        await gate.wait()
        yield b"two"

    seen.answer = Response(200, content_type="application/json", body=slow())
    response = await api.raw("GET", f"{NAMESPACE}/pods/web:{port}/proxy/", accept="application/vnd.kubernetes.protobuf")
    assert not isinstance(response.body, bytes | list)
    assert await anext(response.body) == b"one "
    gate.set()
    assert await read_body(response) == b"two"


async def test_an_upgrade_becomes_bytes_both_ways(api: Api, backend: tuple[Backend, int]) -> None:
    seen, port = backend
    await a_pod(api)
    headers = {"connection": "keep-alive, Upgrade", "upgrade": "shout/1"}
    response = await api.raw("GET", f"{NAMESPACE}/pods/web:{port}/proxy/talk", headers=headers)
    assert isinstance(response.upgrade, StreamUpgrade)
    assert ("upgrade", "shout/1") in response.upgrade.headers
    assert seen.asked[0].headers["connection"] == "Upgrade"
    seen.answer = Response(403, body=b"no")
    headers["upgrade"] = "other"
    response = await api.raw("GET", f"{NAMESPACE}/pods/web:{port}/proxy/talk", headers=headers)
    assert (response.status, response.upgrade) == (403, None)


async def message_of(api: Api, path: str, status: int) -> str:
    answer = await api.ask("GET", path)
    assert answer.status == status, answer.body
    return str(answer.at("message"))


async def test_what_cannot_be_reached_says_so(api: Api) -> None:
    await a_service(api, 1)
    assert (await message_of(api, f"{NAMESPACE}/pods/web:1/proxy/", 503)).startswith("error trying to reach service: ")
    for path, status, said in (
        ("services/web:81", 503, 'no service port 81 found for service "web"'),
        ("services/web:x", 503, 'no endpoints available for service "web"'),
        ("services/none", 404, 'services "none" not found'),
        ("services/ftp:web:80", 400, 'invalid service request "ftp:web:80"'),
        ("pods/a:b:c:d", 400, 'invalid pod request "a:b:c:d"'),
        ("pods/web:99999", 400, 'invalid port "99999"'),
    ):
        assert await message_of(api, f"{NAMESPACE}/{path}/proxy/", status) == said


async def test_an_address_that_no_pod_has_is_no_backend(api: Api, backend: tuple[Backend, int]) -> None:
    _, port = backend
    await a_service(api, port, ip="10.244.0.77")
    said = 'no endpoints available for service "web"'
    assert await message_of(api, f"{NAMESPACE}/services/web:80/proxy/", 503) == said
    patch = {"subsets": [{"addresses": [{"ip": IP}], "ports": [{"name": "http", "port": port}]}]}
    await api.must("PATCH", f"{NAMESPACE}/endpoints/web", patch, content_type=MERGE)
    assert await message_of(api, f"{NAMESPACE}/services/web:80/proxy/", 503) == said


OWN_ADDRESSES = ["127.0.0.1", "169.254.169.254", "::1", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:127.0.0.1"]


@pytest.mark.parametrize("address", [*OWN_ADDRESSES, "", "localhost", "255.255.255.255"])
def test_addresses_of_the_server_itself_are_refused(address: str) -> None:
    with pytest.raises(BadRequest, match="address not allowed"):
        check_address(address)


def test_addresses_of_pods_are_not() -> None:
    assert [check_address(text) for text in ("10.244.0.9", "192.168.1.1", "fd00::9")] == [
        "10.244.0.9",
        "192.168.1.1",
        "fd00::9",
    ]


async def test_a_pod_whose_address_was_forged_is_not_reached(clock: FakeClock, backend: tuple[Backend, int]) -> None:
    seen, port = backend
    api = await make_api(clock)
    await a_pod(api, "169.254.169.254")
    assert await message_of(api, f"{NAMESPACE}/pods/web:{port}/proxy/", 400) == "address not allowed"
    assert seen.asked == []


async def test_a_nodes_own_api_is_reached_by_its_name(api: Api, agent: Agent) -> None:
    await api.must("POST", "/api/v1/nodes", {"metadata": {"name": "n1"}})
    for name in ("n1", "n1:10250", "https:n1:10250"):
        answer = await api.ask("GET", f"/api/v1/nodes/{name}/proxy/pods")
        assert answer.body == b'{"kind":"PodList"}'
    assert {asked.path for asked in agent.asked} == {"/pods"}
    assert await message_of(api, "/api/v1/nodes/none/proxy/pods", 404) == 'nodes "none" not found'
    assert await message_of(api, "/api/v1/nodes/n1:9100/proxy/", 400) == 'node "n1" has no internal address'


async def test_an_upgrade_to_a_node_needs_more_than_the_right_to_get(api: Api, agent: Agent) -> None:
    await api.must("POST", "/api/v1/nodes", {"metadata": {"name": "n1"}})
    rules = [{"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}]
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    await api.must("POST", f"{rbac}/clusterroles", {"metadata": {"name": "look"}, "rules": rules})
    binding: Document = {
        "metadata": {"name": "look"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "look"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"}],
    }
    await api.must("POST", f"{rbac}/clusterrolebindings", binding)
    api.peer = None
    token = {"authorization": "Bearer secret-token"}
    path = "/api/v1/nodes/n1/proxy/exec/default/web/app"
    assert (await api.raw("GET", path, headers=token)).status == 200
    wish = {**token, "connection": "Upgrade", "upgrade": "websocket"}
    assert (await api.raw("GET", path, headers=wish)).status == 403
    assert len(agent.asked) == 1


async def test_paths_that_play_tricks_before_the_proxy_name_nothing(api: Api) -> None:
    await a_pod(api)
    for path in (
        f"{NAMESPACE}/pods/../proxy/x",
        f"{NAMESPACE}/pods//proxy/x",
        "/api/v1/namespaces/proxy/pods/..%2fx/log",
        f"{NAMESPACE}/configmaps/x/proxy/y",
        f"{NAMESPACE}/pods/web/log/../proxy",
    ):
        assert (await api.ask("GET", path)).status == 404, path
    assert issubclass(BadRequest, StatusError)

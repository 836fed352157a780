"""Calls to a service through the API server's proxy: they work from anywhere that reaches the cluster."""

from __future__ import annotations

import json
from urllib.parse import quote

import msgspec

from wherry.api.core.service import SERVICES
from wherry.apimachinery.errors import error_from_status
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.method.journey.play import Answer, Call, CannotCall


class _Kind(msgspec.Struct):
    kind: object = None
    api_version: object = msgspec.field(default=None, name="apiVersion")


async def service_port(client: Client, namespace: str, service: str, *, wanted: int = 0) -> int:
    """The port on which a Service is called: the wanted one if it has that, the one named http, or its first.

    0 when it has none. Raises NotFound.
    """
    ports = (await client.get(SERVICES, service, namespace)).spec.ports
    ordered = sorted(ports, key=lambda one: (one.port != wanted, one.name != "http"))
    return ordered[0].port if ordered else 0


async def service_calls(client: Client, namespace: str, service: str) -> Call:
    """The way to call a Service. Raises NotFound."""
    port = await service_port(client, namespace, service)
    name = quote(f"{service}:{port}" if port else service, safe=":")
    return proxy_calls(client, f"/api/v1/namespaces/{quote(namespace, safe='')}/services/{name}/proxy", service)


def pod_calls(client: Client, namespace: str, pod: str, port: int) -> Call:
    """The way to call one pod on a port, past every Service."""
    place = f"{quote(pod, safe='')}:{port}"
    return proxy_calls(client, f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{place}/proxy", pod)


def proxy_calls(client: Client, prefix: str, name: str) -> Call:
    """The way to call what is behind a path of the API server; `name` is what people call it."""

    async def call(method: str, path: str, body: object) -> Answer:
        route, _, query = path.partition("?")
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if data else {}
        try:
            response = await client.send(method, prefix + route, query, headers=headers, body=data)
            content = await read_body(response)
        except (OSError, EOFError) as error:
            raise CannotCall(f"the cluster does not answer: {error}") from error
        if response.status >= 400 and _is_from_the_api_server(content):
            raise CannotCall(f"the cluster could not ask {name}: {error_from_status(content, response.status).message}")
        return Answer(response.status, content)

    return call


def _is_from_the_api_server(content: bytes) -> bool:
    """Its own failures are of the kind Status (or, in some versions, a text); the service's are the service's."""
    if content.startswith(b"error trying to reach service"):
        return True
    try:
        said = msgspec.json.decode(content, type=_Kind)
    except msgspec.DecodeError:
        return False
    return said.kind == "Status" and said.api_version == "v1"

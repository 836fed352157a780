"""HTTP to a node's own API, or to another port of the node: /api/v1/nodes/[SCHEME:]NAME[:PORT]/proxy/...

The node's own API runs commands in containers. So whoever asks it for anything but plain HTTP needs the
right to `create` here, as for pods/exec; to `get` is not enough.
"""

from __future__ import annotations

from dataclasses import replace

from wherry.api.core.node import NODES
from wherry.apimachinery.errors import BadRequest, ServiceUnavailable
from wherry.apiserver.environment import Environment
from wherry.apiserver.filters.authorize import access_of, denied
from wherry.apiserver.own_words import NO_WAY_TO_NODES
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.node_streams import SERVER
from wherry.apiserver.subresources.proxying import (
    Target,
    admit_proxy,
    check_address,
    forward,
    passed_request,
    port_number,
    redirect_to_root,
    refuse_simulated,
    split_reference,
    wants_upgrade,
)
from wherry.apiserver.wire import document_from_item
from wherry.kit.http.types import Response

AGENT_PORTS = ("", "10250")


async def handle_node_proxy(environment: Environment, request: ApiRequest) -> Response:
    """Answer as the node does."""
    reference = split_reference(request, "node")
    item = await environment.objects.get(NODES, "", reference.name)
    node = NODES.from_document(document_from_item(NODES, item))
    if wants_upgrade(request):
        access = replace(access_of(request), verb="create")
        if not environment.authorizer.is_allowed(request.user, access):
            raise denied(request.user, access)
    await admit_proxy(environment, request, "NodeProxyOptions")
    redirect = redirect_to_root(request)
    if redirect is not None:
        return redirect
    if reference.port in AGENT_PORTS:
        return await _ask_agent(environment, request, reference.name)
    addresses = [each.address for each in node.status.addresses if each.type == "InternalIP"]
    if not addresses:
        raise BadRequest(f'node "{reference.name}" has no internal address')
    port = port_number(reference.port, reference.scheme)
    await refuse_simulated(environment, reference.name)
    return await forward(request, Target(reference.scheme, check_address(addresses[0]), port))


async def _ask_agent(environment: Environment, request: ApiRequest, name: str) -> Response:
    if environment.connect_node is None:
        raise ServiceUnavailable(NO_WAY_TO_NODES.format(node=name))
    app = await environment.connect_node(name)
    response = await app(replace(passed_request(request), peer=SERVER, repeated=request.http.repeated))
    if response.upgrade is None and response.content_type:
        # What a node says is passed on as it is, never converted.
        response.headers.append(("Content-Type", response.content_type))
        response.content_type = ""
    return response

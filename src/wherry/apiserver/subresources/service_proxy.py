"""HTTP to one of the pods behind a Service: /api/v1/namespaces/NAMESPACE/services/[SCHEME:]NAME[:PORT]/proxy/..."""

from __future__ import annotations

from wherry.api.core.endpoints import ENDPOINTS, EndpointAddress
from wherry.api.core.pod import PODS, Pod
from wherry.api.core.service import SERVICES, Service
from wherry.apimachinery.errors import NotFound, ServiceUnavailable
from wherry.apimachinery.numerals import whole_number
from wherry.apiserver.environment import Environment
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.proxying import (
    Target,
    admit_proxy,
    check_address,
    forward,
    is_on_simulated_node,
    redirect_to_root,
    refuse_simulated,
    split_reference,
)
from wherry.apiserver.wire import document_from_item
from wherry.kit.http.types import Response

# A larger number is a name.
PORT_MAX = 65535


async def handle_service_proxy(environment: Environment, request: ApiRequest) -> Response:
    """Answer as one of the ready pods does."""
    reference = split_reference(request, "service")
    item = await environment.objects.get(SERVICES, request.namespace, reference.name)
    service = SERVICES.from_document(document_from_item(SERVICES, item))
    await admit_proxy(environment, request, "ServiceProxyOptions")
    redirect = redirect_to_root(request)
    if redirect is not None:
        return redirect
    port_name = _port_name(service, reference.port)
    played = ""
    for address, port in await _backends(environment, service, port_name):
        pod = await _pod_at(environment, service.metadata.namespace, address)
        if pod is not None and await is_on_simulated_node(environment, pod.spec.node_name):
            played = pod.spec.node_name
        elif pod is not None:
            return await forward(request, Target(reference.scheme, check_address(address.ip), port))
    await refuse_simulated(environment, played)
    raise ServiceUnavailable(f'no endpoints available for service "{reference.name}"')


def _port_name(service: Service, port: str) -> str:
    """The name of the port that is meant: a number is one of the Service's own ports. Raises ServiceUnavailable."""
    number = whole_number(port)
    if number is None or number > PORT_MAX:
        return port
    for each in service.spec.ports:
        if each.port == number:
            return each.name
    raise ServiceUnavailable(f'no service port {port} found for service "{service.metadata.name}"')


async def _backends(environment: Environment, service: Service, port_name: str) -> list[tuple[EndpointAddress, int]]:
    """Every ready address with the port of that name, in a random order."""
    try:
        item = await environment.objects.get(ENDPOINTS, service.metadata.namespace, service.metadata.name)
    except NotFound:
        return []
    endpoints = ENDPOINTS.from_document(document_from_item(ENDPOINTS, item))
    found = [
        (address, port.port)
        for subset in endpoints.subsets
        for port in subset.ports
        if port.name == port_name
        for address in subset.addresses
    ]
    environment.random.shuffle(found)
    return found


async def _pod_at(environment: Environment, namespace: str, address: EndpointAddress) -> Pod | None:
    """The pod that really has this address: nobody shall reach another place by writing it into Endpoints."""
    reference = address.target_ref
    if reference is None or reference.kind != "Pod":
        return None
    try:
        item = await environment.objects.get(PODS, reference.namespace or namespace, reference.name)
    except NotFound:
        return None
    pod = PODS.from_document(document_from_item(PODS, item))
    return pod if address.ip in (pod.status.pod_ip, *(each.ip for each in pod.status.pod_ips)) else None

"""HTTP to a pod, through the API server: /api/v1/namespaces/NAMESPACE/pods/[SCHEME:]NAME[:PORT]/proxy/..."""

from __future__ import annotations

from wherry.api.core.pod import PODS, Pod
from wherry.apiserver.environment import Environment
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.proxying import (
    Target,
    admit_proxy,
    check_address,
    forward,
    port_number,
    redirect_to_root,
    refuse_simulated,
    split_reference,
)
from wherry.apiserver.wire import document_from_item
from wherry.kit.http.types import Response


async def handle_pod_proxy(environment: Environment, request: ApiRequest) -> Response:
    """Answer as the pod does."""
    reference = split_reference(request, "pod")
    item = await environment.objects.get(PODS, request.namespace, reference.name)
    pod = PODS.from_document(document_from_item(PODS, item))
    await admit_proxy(environment, request, "PodProxyOptions")
    address = check_address(pod.status.pod_ip)
    port = port_number(reference.port or _first_port(pod), reference.scheme)
    redirect = redirect_to_root(request)
    if redirect is not None:
        return redirect
    await refuse_simulated(environment, pod.spec.node_name)
    return await forward(request, Target(reference.scheme, address, port))


def _first_port(pod: Pod) -> str:
    ports = [port.container_port for container in pod.spec.containers for port in container.ports]
    return str(ports[0]) if ports else ""

"""The list of subresources: which function answers which.

`status` and `scale` serve every kind that declares them; the others belong to one kind. New
subresource: one file with a function, one line here.
"""

from __future__ import annotations

from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.environment import Environment, Handler
from wherry.apiserver.filters.request_info import no_such_path
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.approval import handle_approval
from wherry.apiserver.subresources.attach import handle_attach
from wherry.apiserver.subresources.binding import handle_binding, handle_bindings
from wherry.apiserver.subresources.eviction import handle_eviction
from wherry.apiserver.subresources.exec import handle_exec
from wherry.apiserver.subresources.finalize import handle_finalize
from wherry.apiserver.subresources.log import handle_log
from wherry.apiserver.subresources.node_proxy import handle_node_proxy
from wherry.apiserver.subresources.part import handle_own_part
from wherry.apiserver.subresources.pod_proxy import handle_pod_proxy
from wherry.apiserver.subresources.port_forward import handle_port_forward
from wherry.apiserver.subresources.scale import handle_scale
from wherry.apiserver.subresources.service_proxy import handle_service_proxy
from wherry.apiserver.subresources.status import handle_status
from wherry.apiserver.subresources.token import handle_token
from wherry.kit.http.types import Response

GENERIC: dict[str, Handler] = {"status": handle_status, "scale": handle_scale}
OWN: dict[tuple[str, str, str], Handler] = {
    ("", "pods", "attach"): handle_attach,
    ("", "pods", "binding"): handle_binding,
    ("", "pods", "eviction"): handle_eviction,
    ("", "pods", "ephemeralcontainers"): handle_own_part,
    ("", "pods", "exec"): handle_exec,
    ("", "pods", "log"): handle_log,
    ("", "pods", "portforward"): handle_port_forward,
    ("", "pods", "resize"): handle_own_part,
    ("", "pods", "proxy"): handle_pod_proxy,
    ("", "services", "proxy"): handle_service_proxy,
    ("", "nodes", "proxy"): handle_node_proxy,
    ("", "namespaces", "finalize"): handle_finalize,
    ("", "serviceaccounts", "token"): handle_token,
    ("certificates.k8s.io", "certificatesigningrequests", "approval"): handle_approval,
}
# They answer with something else than an object, whatever the client says that it takes.
STREAMS = frozenset(("attach", "exec", "log", "portforward", "proxy"))
# They read what is sent as it comes, however long it is; all others get it whole, or 413.
BODY_STREAMS = frozenset(("proxy",))
# Collections that only take orders about other objects.
UNSTORED: dict[tuple[str, str], Handler] = {("", "bindings"): handle_bindings}


def unstored_handler(resource: AnyResourceType) -> Handler | None:
    """Who answers a POST to a collection that stores nothing; None for all others."""
    return UNSTORED.get((resource.group, resource.plural))


async def handle_subresource(environment: Environment, request: ApiRequest) -> Response:
    """Hand a request for a subresource to whoever answers it."""
    resource, name = request.target, request.subresource.split("/", 1)[0]
    handler = OWN.get((resource.group, resource.plural, name)) or GENERIC.get(name)
    if handler is None:
        raise no_such_path()
    return await handler(environment, request)

"""What log, exec, attach and port-forward share: find the pod, its container and its node, and pass the request on."""

from __future__ import annotations

from urllib.parse import quote

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, InternalError
from wherry.apimachinery.numerals import whole_number
from wherry.apiserver.environment import Environment
from wherry.apiserver.own_words import NO_WAY_TO_NODES
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import document_from_item, list_in, mapping_in, text_in
from wherry.kit.http.types import Peer, Request, Response

DEFAULT_CONTAINER_ANNOTATION = "kubectl.kubernetes.io/default-container"
SERVER = Peer("system:apiserver", ("system:masters",))
LISTED_OPTIONS = ("command", "ports")
SWITCHES = ("stdin", "stdout", "stderr", "tty")
PASSED_HEADERS = ("upgrade", "connection", "accept", "x-stream-protocol-version")
UPGRADES = ("websocket", "spdy/3.1")


async def find_pod(environment: Environment, request: ApiRequest) -> Document:
    """The pod that the request names. Raises NotFound."""
    item = await environment.objects.get(request.target, request.namespace, request.name)
    return document_from_item(request.target, item)


def choose_container(pod: Document, wanted: str) -> str:
    """The container that is meant. Raises BadRequest if that is not clear, or if there is no such container."""
    name = text_in(mapping_in(pod, "metadata"), "name")
    spec = mapping_in(pod, "spec")
    names = _names(spec, "containers")
    init_names = _names(spec, "initContainers")
    if wanted:
        if wanted not in (*names, *init_names, *_names(spec, "ephemeralContainers")):
            raise BadRequest(f"container {wanted} is not valid for pod {name}")
        return wanted
    if len(names) == 1:
        return names[0]
    annotations = mapping_in(mapping_in(pod, "metadata"), "annotations")
    default = annotations.get(DEFAULT_CONTAINER_ANNOTATION)
    if isinstance(default, str) and default in names:
        return default
    message = f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]"
    if init_names:
        message += f" or one of the init containers: [{' '.join(init_names)}]"
    raise BadRequest(message)


def node_of(pod: Document) -> str:
    """The node on which the pod runs. Raises BadRequest if it has none yet."""
    node = text_in(mapping_in(pod, "spec"), "nodeName")
    if not node:
        raise BadRequest(f"pod {text_in(mapping_in(pod, 'metadata'), 'name')} does not have a host assigned")
    return node


def container_status(pod: Document, container: str) -> Document:
    """What the node last said about a container; empty if it has said nothing."""
    status = mapping_in(pod, "status")
    for field in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for entry in list_in(status, field):
            if isinstance(entry, dict) and entry.get("name") == container:
                return entry
    return {}


def require_upgrade(request: ApiRequest) -> None:
    """Raise BadRequest for anything but an upgrade to a WebSocket or to SPDY."""
    if request.http.headers.get("upgrade", "").lower() not in UPGRADES:
        raise BadRequest("Upgrade request required")


async def admit_connect(environment: Environment, request: ApiRequest, kind: str) -> None:
    """Let the admission plugins see who wants to connect to what; `kind` names the options in the query."""
    sent: Document = {"kind": kind, "apiVersion": "v1"}
    for name, value in request.http.query_items():
        if name in LISTED_OPTIONS:
            number = whole_number(value) if name == "ports" else None
            sent[name] = [*list_in(sent, name), value if number is None else number]
        elif name in SWITCHES:
            sent[name] = value not in ("", "0", "false")
        else:
            sent[name] = value
    await environment.admission.admit_order(request, "CONNECT", sent)


async def ask_node(
    environment: Environment, request: ApiRequest, node: str, path: tuple[str, ...], query: str
) -> Response:
    """Pass the request on to the node's own API and answer with its response, an upgrade included."""
    if environment.connect_node is None:
        raise InternalError(NO_WAY_TO_NODES.format(node=node))
    app = await environment.connect_node(node)
    headers = {
        name: value
        for name, value in request.http.headers.items()
        if name in PASSED_HEADERS or name.startswith("sec-websocket-")
    }
    asked = Request(
        method="GET",
        path="/" + "/".join(quote(step, safe="") for step in path),
        query=query,
        headers=headers,
        peer=SERVER,
        repeated=request.http.repeated,
        remote_address=request.http.remote_address,
    )
    return await app(asked)


def _names(spec: Document, field: str) -> list[str]:
    return [text_in(item, "name") for item in list_in(spec, field) if isinstance(item, dict)]

"""Lists the addresses behind each Service in EndpointSlices, at most 100 in each.

What is where stays where it is: a pod that comes or goes changes one slice, and nothing is written
when nothing has changed. Services without a selector are their owner's business.

Source: kubernetes pkg/controller/endpointslice and endpointslice/reconciler.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from wherry.api.core.binding import ObjectReference
from wherry.api.core.pod import PODS, Pod
from wherry.api.core.service import SERVICES, Service
from wherry.api.discovery.endpointslice import (
    ENDPOINT_SLICES,
    Endpoint,
    EndpointConditions,
    EndpointPort,
    EndpointSlice,
)
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Create, Delete, Patch
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.pods import addresses_of, is_ready, owner_reference, selected_pods, target_port
from wherry.reconcile.sources import for_kind, mapped, matched

ENDPOINTS_PER_SLICE_MAX = 100
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"

Ports = tuple[EndpointPort, ...]
Endpoints = tuple[Endpoint, ...]


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide which slices to create, change and delete so that they show the Service's pods."""
    service = view.lister(SERVICES).get(*key)
    # A deleted Service takes its slices along: they are its property.
    if service is None or service.metadata.is_being_deleted or not has_selected_pods(service):
        return []
    pods = selected_pods(service, view)
    existing = [
        piece
        for piece in view.lister(ENDPOINT_SLICES).owned_by(service.metadata.uid)
        if piece.metadata.labels.get(MANAGED_BY) == MANAGER and not piece.metadata.is_being_deleted
    ]
    actions: list[Action] = []
    for family in service.spec.ip_families or ("IPv4",):
        of_family = [piece for piece in existing if piece.address_type == family]
        actions += plan_family(service, family, wanted_endpoints(service, pods, family), of_family)
    families = service.spec.ip_families or ("IPv4",)
    actions += [_delete(piece) for piece in existing if piece.address_type not in families]
    return actions


def has_selected_pods(service: Service) -> bool:
    """Whether the Service chooses its pods by labels (an ExternalName is only a DNS name)."""
    return bool(service.spec.selector) and service.spec.type != "ExternalName"


def wanted_endpoints(service: Service, pods: Iterable[Pod], family: str) -> dict[Ports, list[Endpoint]]:
    """The endpoints to show, grouped by the port numbers that they have in common."""
    groups: dict[Ports, list[Endpoint]] = {}
    for pod in pods:
        addresses = addresses_of(pod, family)
        if addresses:
            groups.setdefault(ports_of(service, pod), []).append(endpoint_of(service, pod, addresses))
    # Without pods one empty slice says: there is such a Service, and nobody behind it.
    return groups or {(): []}


def ports_of(service: Service, pod: Pod) -> Ports:
    """The Service's ports as numbers of this pod; a named port that the pod lacks is left out."""
    return tuple(
        EndpointPort(name=port.name, port=number, protocol=port.protocol or "TCP", app_protocol=port.app_protocol or "")
        for port in service.spec.ports
        if (number := target_port(pod, port)) is not None
    )


def endpoint_of(service: Service, pod: Pod, addresses: tuple[str, ...]) -> Endpoint:
    """One pod as an endpoint."""
    serving, terminating = is_ready(pod), pod.metadata.is_being_deleted
    ready = bool(service.spec.publish_not_ready_addresses) or (serving and not terminating)
    meta = pod.metadata
    named = bool(pod.spec.hostname) and pod.spec.subdomain == service.metadata.name
    return Endpoint(
        addresses=addresses,
        conditions=EndpointConditions(ready=ready, serving=serving, terminating=terminating),
        hostname=pod.spec.hostname if named else "",
        node_name=pod.spec.node_name,
        target_ref=ObjectReference(kind="Pod", namespace=meta.namespace, name=meta.name, uid=meta.uid),
    )


def plan_family(
    service: Service, family: str, wanted: dict[Ports, list[Endpoint]], existing: Sequence[EndpointSlice]
) -> Iterator[Action]:
    """Bring the slices of one address family to `wanted`."""
    spare = sorted((piece for piece in existing if piece.ports not in wanted), key=_slice_name)
    for ports, endpoints in wanted.items():
        mine = sorted((piece for piece in existing if piece.ports == ports), key=_slice_name)
        contents = distribute(endpoints, [piece.endpoints for piece in mine])
        while len(mine) < len(contents) and spare:
            mine.append(spare.pop(0))
        for piece, content in zip(mine, contents, strict=False):
            yield from _change(service, piece, ports, content)
        for content in contents[len(mine) :]:
            yield _create(service, family, ports, content)
        for piece in mine[len(contents) :]:
            yield _delete(piece)
    for piece in spare:
        yield _delete(piece)


def distribute(wanted: Sequence[Endpoint], placed: Sequence[Endpoints]) -> list[Endpoints]:
    """Spread endpoints over slices: those already placed stay in their slice, new ones fill the gaps.

    Returns at least one slice's content; slices that would be empty are left out at the end only.
    """
    by_pod = {_pod_uid(endpoint): endpoint for endpoint in wanted}
    contents: list[list[Endpoint]] = []
    for old in placed:
        kept = (by_pod.pop(_pod_uid(endpoint), None) for endpoint in old)
        contents.append([endpoint for endpoint in kept if endpoint is not None])
    coming = list(by_pod.values())
    # The fullest slices are filled first, so that few slices change.
    for content in sorted(contents, key=len, reverse=True):
        room = ENDPOINTS_PER_SLICE_MAX - len(content)
        content += coming[:room]
        coming = coming[room:]
    starts = range(0, len(coming), ENDPOINTS_PER_SLICE_MAX)
    contents += [coming[start : start + ENDPOINTS_PER_SLICE_MAX] for start in starts]
    while len(contents) > 1 and not contents[-1]:
        contents.pop()
    return [tuple(sorted(content, key=_pod_name)) for content in contents] or [()]


def _pod_uid(endpoint: Endpoint) -> str:
    return endpoint.target_ref.uid if endpoint.target_ref is not None else ""


def _pod_name(endpoint: Endpoint) -> str:
    return endpoint.target_ref.name if endpoint.target_ref is not None else ""


def _slice_name(piece: EndpointSlice) -> str:
    return piece.metadata.name


def labels_of(service: Service) -> dict[str, str]:
    """A slice carries its Service's labels and says whose it is and who keeps it."""
    own = {SERVICE_NAME: service.metadata.name, MANAGED_BY: MANAGER}
    if service.spec.cluster_ip == "None":
        own[HEADLESS] = ""
    return {**service.metadata.labels, **own}


def _create(service: Service, family: str, ports: Ports, endpoints: Endpoints) -> Create:
    meta = service.metadata
    document: Document = {
        "metadata": {
            "generateName": f"{meta.name}-",
            "namespace": meta.namespace,
            "labels": labels_of(service),
            "ownerReferences": [msgspec.to_builtins(owner_reference(SERVICES, meta))],
        },
        "addressType": family,
        **_content(ports, endpoints),
    }
    return Create(ENDPOINT_SLICES, meta.namespace, document, why=_why(service, endpoints))


def _change(service: Service, piece: EndpointSlice, ports: Ports, endpoints: Endpoints) -> Iterator[Action]:
    labels = labels_of(service)
    if (piece.ports, piece.endpoints, piece.metadata.labels) == (ports, endpoints, labels):
        return
    removed = {name: None for name in piece.metadata.labels if name not in labels}
    patch: Document = {"metadata": {"labels": {**labels, **removed}}, **_content(ports, endpoints)}
    meta = piece.metadata
    yield Patch(
        ENDPOINT_SLICES,
        meta.namespace,
        meta.name,
        patch,
        why=_why(service, endpoints),
        resource_version=meta.resource_version,
    )


def _content(ports: Ports, endpoints: Endpoints) -> Document:
    return {"endpoints": msgspec.to_builtins(list(endpoints)), "ports": msgspec.to_builtins(list(ports))}


def _delete(piece: EndpointSlice) -> Delete:
    meta = piece.metadata
    return Delete(ENDPOINT_SLICES, meta.namespace, meta.name, why="its endpoints are elsewhere or gone", uid=meta.uid)


def _why(service: Service, endpoints: Endpoints) -> str:
    ready = sum(1 for endpoint in endpoints if endpoint.conditions is not None and endpoint.conditions.ready)
    return f"Service {service.metadata.name} has {len(endpoints)} pods here, {ready} of them ready"


def services_of(pod: Pod, view: View) -> list[ObjectKey]:
    """The Services that choose this pod."""
    labels = pod.metadata.labels.items()
    return [
        service.metadata.key
        for service in view.lister(SERVICES).list(pod.metadata.namespace)
        if service.spec.selector and service.spec.selector.items() <= labels
    ]


def _service_of(piece: EndpointSlice) -> list[ObjectKey]:
    name = piece.metadata.labels.get(SERVICE_NAME, "")
    return [ObjectKey(piece.metadata.namespace, name)] if name else []


ENDPOINT_SLICE_CONTROLLER = Controller(
    name="endpoint-slice-controller",
    primary=SERVICES,
    sources=(for_kind(SERVICES), matched(PODS, services_of), mapped(ENDPOINT_SLICES, _service_of)),
    plan=plan,
)

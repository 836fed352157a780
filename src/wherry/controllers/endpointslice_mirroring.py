"""Shows in EndpointSlices what people write into Endpoints of their own, for a Service that chooses no pods.

Only slices are read when requests are sent on: without a mirror such Endpoints would lead nowhere.

Source: kubernetes pkg/controller/endpointslicemirroring.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from wherry.api.core.endpoints import ENDPOINTS, EndpointAddress, Endpoints, EndpointSubset
from wherry.api.core.service import SERVICES
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
from wherry.reconcile.pods import owner_reference
from wherry.reconcile.sources import for_kind, mapped

ADDRESSES_PER_SUBSET_MAX = 1000
ENDPOINTS_PER_SLICE_MAX = 1000
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslicemirroring-controller.k8s.io"
SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
LEADER = "control-plane.alpha.kubernetes.io/leader"
NOT_MIRRORED = ("kubectl.kubernetes.io/last-applied-configuration", "endpoints.kubernetes.io/last-change-trigger-time")

Content = tuple[str, tuple[EndpointPort, ...], tuple[Endpoint, ...]]
"""What one slice shows: an address type, ports, endpoints."""


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide which slices to create, change and delete so that they say what the Endpoints say."""
    endpoints, service = view.lister(ENDPOINTS).get(*key), view.lister(SERVICES).get(*key)
    # Slices go with the Endpoints that they belong to; those of a Service that chooses pods are made of the pods.
    if endpoints is None or endpoints.metadata.is_being_deleted or (service is not None and service.spec.selector):
        return []
    existing = [
        piece
        for piece in view.lister(ENDPOINT_SLICES).owned_by(endpoints.metadata.uid)
        if piece.metadata.labels.get(MANAGED_BY) == MANAGER and not piece.metadata.is_being_deleted
    ]
    if service is None or not _is_mirrored(endpoints):
        return [_delete(piece, "there is nothing to mirror any more") for piece in existing]
    return list(_plan_slices(endpoints, existing))


def _is_mirrored(endpoints: Endpoints) -> bool:
    meta = endpoints.metadata
    return meta.labels.get(SKIP_MIRROR) != "true" and LEADER not in meta.annotations


def _plan_slices(endpoints: Endpoints, existing: Sequence[EndpointSlice]) -> Iterator[Action]:
    """Slices keep their address type and, as far as possible, their ports."""
    spare = sorted(existing, key=lambda piece: piece.metadata.name)
    missing: list[Content] = []
    for content in contents_of(endpoints.subsets):
        fitting = [piece for piece in spare if (piece.address_type, piece.ports) == content[:2]]
        if fitting:
            spare.remove(fitting[0])
            yield from _change(endpoints, fitting[0], content)
        else:
            missing.append(content)
    for content in missing:
        reusable = [piece for piece in spare if piece.address_type == content[0]]
        if reusable:
            spare.remove(reusable[0])
            yield from _change(endpoints, reusable[0], content)
        else:
            yield _create(endpoints, content)
    for piece in spare:
        yield _delete(piece, "its endpoints are elsewhere or gone")


def contents_of(subsets: Iterable[EndpointSubset]) -> list[Content]:
    """What the slices have to show: subsets with the same ports together, each address family for itself."""
    groups: dict[tuple[str, tuple[EndpointPort, ...]], dict[str, Endpoint]] = {}
    for subset in subsets:
        ports = tuple(
            EndpointPort(name=port.name, port=port.port, protocol=port.protocol, app_protocol=port.app_protocol)
            for port in subset.ports
        )
        marked = [(address, True) for address in subset.addresses]
        marked += [(address, False) for address in subset.not_ready_addresses]
        for address, ready in marked[:ADDRESSES_PER_SUBSET_MAX]:
            family = f"IPv{ipaddress.ip_address(address.ip).version}"
            groups.setdefault((family, ports), {}).setdefault(address.ip, _endpoint(address, ready=ready))
    return [
        (family, ports, tuple(list(endpoints.values())[start : start + ENDPOINTS_PER_SLICE_MAX]))
        for (family, ports), endpoints in groups.items()
        for start in range(0, len(endpoints), ENDPOINTS_PER_SLICE_MAX)
    ]


def _endpoint(address: EndpointAddress, *, ready: bool) -> Endpoint:
    return Endpoint(
        addresses=(address.ip,),
        conditions=EndpointConditions(ready=ready),
        hostname=address.hostname,
        node_name=address.node_name,
        target_ref=address.target_ref,
    )


def _labels_of(endpoints: Endpoints) -> dict[str, str]:
    meta = endpoints.metadata
    return {**meta.labels, SERVICE_NAME: meta.name, MANAGED_BY: MANAGER}


def _annotations_of(endpoints: Endpoints) -> dict[str, str]:
    return {name: value for name, value in endpoints.metadata.annotations.items() if name not in NOT_MIRRORED}


def _create(endpoints: Endpoints, content: Content) -> Create:
    meta = endpoints.metadata
    document: Document = {
        "metadata": {
            "generateName": f"{meta.name}-",
            "namespace": meta.namespace,
            "labels": _labels_of(endpoints),
            "annotations": _annotations_of(endpoints),
            "ownerReferences": [msgspec.to_builtins(owner_reference(ENDPOINTS, meta))],
        },
        "addressType": content[0],
        **_body(content),
    }
    return Create(ENDPOINT_SLICES, meta.namespace, document, why=_why(endpoints))


def _change(endpoints: Endpoints, piece: EndpointSlice, content: Content) -> Iterator[Action]:
    meta, labels, annotations = piece.metadata, _labels_of(endpoints), _annotations_of(endpoints)
    shown = (piece.address_type, piece.ports, piece.endpoints)
    if (shown, meta.labels, meta.annotations) == (content, labels, annotations):
        return
    patch: Document = {
        "metadata": {
            "labels": {**dict.fromkeys(meta.labels), **labels},
            "annotations": {**dict.fromkeys(meta.annotations), **annotations},
        },
        **_body(content),
    }
    why, revision = _why(endpoints), meta.resource_version
    yield Patch(ENDPOINT_SLICES, meta.namespace, meta.name, patch, why=why, resource_version=revision)


def _body(content: Content) -> Document:
    _, ports, endpoints = content
    return {"endpoints": msgspec.to_builtins(list(endpoints)), "ports": msgspec.to_builtins(list(ports))}


def _delete(piece: EndpointSlice, why: str) -> Delete:
    meta = piece.metadata
    return Delete(ENDPOINT_SLICES, meta.namespace, meta.name, why=why, uid=meta.uid)


def _why(endpoints: Endpoints) -> str:
    return f"Endpoints {endpoints.metadata.name} are kept by hand, and only slices are read"


def _endpoints_of(piece: EndpointSlice) -> list[ObjectKey]:
    labels = piece.metadata.labels
    if labels.get(MANAGED_BY) != MANAGER or not labels.get(SERVICE_NAME):
        return []
    return [ObjectKey(piece.metadata.namespace, labels[SERVICE_NAME])]


ENDPOINT_SLICE_MIRRORING_CONTROLLER = Controller(
    name="endpoint-slice-mirroring-controller",
    primary=ENDPOINTS,
    sources=(for_kind(ENDPOINTS), for_kind(SERVICES), mapped(ENDPOINT_SLICES, _endpoints_of)),
    plan=plan,
)

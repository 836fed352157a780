"""Lists the addresses behind each Service in the older form, one Endpoints object per Service.

Source: kubernetes pkg/controller/endpoint (endpoints_controller.go) and endpoints/util.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from wherry.api.core.binding import ObjectReference
from wherry.api.core.endpoints import ENDPOINTS, EndpointAddress, Endpoints, EndpointsPort, EndpointSubset
from wherry.api.core.pod import PODS, Pod
from wherry.api.core.service import SERVICES, Service
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Create, Delete, Patch
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.pods import addresses_of, is_ready, selected_pods, target_port
from wherry.reconcile.sources import for_kind, matched

ADDRESSES_MAX = 1000
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
MANAGED_BY = "endpoints.kubernetes.io/managed-by"
MANAGER = "endpoint-controller"
HEADLESS = "service.kubernetes.io/headless"

Addresses = tuple[EndpointAddress, ...]


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide what the Endpoints object of a Service has to say."""
    service, current = view.lister(SERVICES).get(*key), view.lister(ENDPOINTS).get(*key)
    if service is None:
        return _plan_leftover(current)
    if not service.spec.selector or service.spec.type == "ExternalName" or service.metadata.is_being_deleted:
        return []
    pods = [pod for pod in selected_pods(service, view) if not pod.metadata.is_being_deleted]
    subsets = compute_subsets(service, pods[:ADDRESSES_MAX])
    labels = {**service.metadata.labels, MANAGED_BY: MANAGER}
    if service.spec.cluster_ip == "None":
        labels[HEADLESS] = ""
    truncated = {OVER_CAPACITY: "truncated"} if len(pods) > ADDRESSES_MAX else {}
    why = f"{len(pods)} pods are behind Service {key.name}"
    content = msgspec.to_builtins(list(subsets))
    if current is None:
        meta: Document = {"name": key.name, "namespace": key.namespace, "labels": labels, "annotations": truncated}
        return [Create(ENDPOINTS, key.namespace, {"metadata": meta, "subsets": content}, why)]
    marked = current.metadata.annotations.get(OVER_CAPACITY)
    if (current.subsets, current.metadata.labels, marked) == (subsets, labels, truncated.get(OVER_CAPACITY)):
        return []
    removed = {name: None for name in current.metadata.labels if name not in labels}
    annotations = {OVER_CAPACITY: truncated.get(OVER_CAPACITY)}
    patch: Document = {
        "metadata": {"labels": {**labels, **removed}, "annotations": annotations},
        "subsets": content or None,
    }
    revision = current.metadata.resource_version
    return [Patch(ENDPOINTS, key.namespace, key.name, patch, why, resource_version=revision)]


def _plan_leftover(current: Endpoints | None) -> Sequence[Action]:
    """Remove what this controller made for a Service that is gone; others' Endpoints stay."""
    if current is None or current.metadata.labels.get(MANAGED_BY) != MANAGER or current.metadata.is_being_deleted:
        return []
    meta = current.metadata
    return [Delete(ENDPOINTS, meta.namespace, meta.name, why="its Service is gone", uid=meta.uid)]


def compute_subsets(service: Service, pods: Iterable[Pod]) -> tuple[EndpointSubset, ...]:
    """The pods grouped by the port numbers they share; in each group the ready and the unready."""
    families = service.spec.ip_families or ("IPv4",)
    groups: dict[tuple[EndpointsPort, ...], tuple[list[EndpointAddress], list[EndpointAddress]]] = {}
    for pod in pods:
        ready = bool(service.spec.publish_not_ready_addresses) or is_ready(pod)
        for ip in addresses_of(pod, families[0]):
            ports = _ports(service, pod)
            if service.spec.ports and not ports:
                continue
            groups.setdefault(ports, ([], []))[0 if ready else 1].append(_address(service, pod, ip))
    return tuple(
        EndpointSubset(addresses=tuple(ready), not_ready_addresses=tuple(unready), ports=ports)
        for ports, (ready, unready) in sorted(groups.items(), key=lambda group: msgspec.json.encode(group[0]))
    )


def _ports(service: Service, pod: Pod) -> tuple[EndpointsPort, ...]:
    return tuple(
        EndpointsPort(
            name=port.name, port=number, protocol=port.protocol or "TCP", app_protocol=port.app_protocol or ""
        )
        for port in service.spec.ports
        if (number := target_port(pod, port)) is not None
    )


def _address(service: Service, pod: Pod, ip: str) -> EndpointAddress:
    meta = pod.metadata
    named = bool(pod.spec.hostname) and pod.spec.subdomain == service.metadata.name
    return EndpointAddress(
        ip=ip,
        hostname=pod.spec.hostname if named else "",
        node_name=pod.spec.node_name,
        target_ref=ObjectReference(kind="Pod", namespace=meta.namespace, name=meta.name, uid=meta.uid),
    )


def _services_of(pod: Pod, view: View) -> list[ObjectKey]:
    labels = pod.metadata.labels.items()
    return [
        service.metadata.key
        for service in view.lister(SERVICES).list(pod.metadata.namespace)
        if service.spec.selector and service.spec.selector.items() <= labels
    ]


ENDPOINTS_CONTROLLER = Controller(
    name="endpoint-controller",
    primary=SERVICES,
    sources=(for_kind(SERVICES), matched(PODS, _services_of), for_kind(ENDPOINTS)),
    plan=plan,
)

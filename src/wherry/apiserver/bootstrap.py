"""What a cluster has before anybody uses it; made at every start, and left alone where it exists.

Everything goes through the server's own front door, so that it is defaulted and validated as if a
person had written it. Only the addresses of the API server and of the DNS are corrected at each
start: they may have changed.
"""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass

import orjson

from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import error_from_status
from wherry.apiserver.bootstrap_access import ensure_policy
from wherry.apiserver.bootstrap_outer import ensure_outer_groups
from wherry.kit.http.types import App, Peer, Request, read_body

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
SELF = Peer("system:apiserver", ("system:masters",))
SLICE_LABEL = "kubernetes.io/service-name"
# The port under which clusters serve DNS, and where the tenth service address listens for it.
DNS_PORT = 53
DNS_ADDRESS_INDEX = 10
OK, CREATED, CONFLICT = 200, 201, 409


@dataclass(frozen=True, slots=True)
class BootstrapConfig:
    """Where things are. `dns_address` "" leaves the kube-dns Service without an endpoint; without `ca_pem`
    nothing is published about the cluster's authority.
    """

    service_cidr: str
    api_address: str
    api_port: int
    dns_address: str = ""
    dns_port: int = DNS_PORT
    ca_pem: str = ""


async def bootstrap(app: App, config: BootstrapConfig) -> None:
    """Make what is missing. Safe to run at every start."""

    async def ask(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        return await _ask(app, method, path, "application/json", body)

    for name in NAMESPACES:
        await _ensure(app, "/api/v1/namespaces", _object("v1", "Namespace", name))
    await ensure_policy(ask)
    await ensure_outer_groups(ask, _group_versions(), config.service_cidr)
    for priority_class in _priority_classes():
        await _ensure(app, "/apis/scheduling.k8s.io/v1/priorityclasses", priority_class)
    await _ensure(app, "/apis/storage.k8s.io/v1/storageclasses", _storage_class())
    await _ensure_kubernetes_service(app, config)
    await _ensure_dns_service(app, config)
    if config.ca_pem:
        await _ensure_authority(app, config)


def _group_versions() -> tuple[tuple[str, str], ...]:
    """What is built in, in the order of discovery; custom resources come and go."""
    groups = Catalog(RESOURCE_TYPES).groups()
    return tuple((one.group, version) for one in groups for version in one.versions)


async def _ensure_kubernetes_service(app: App, config: BootstrapConfig) -> None:
    labels: Document = {"component": "apiserver", "provider": "kubernetes"}
    port: Document = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": config.api_port}
    service = _object("v1", "Service", "kubernetes", "default", labels)
    service["spec"] = {"type": "ClusterIP", "clusterIP": service_address(config.service_cidr, 1), "ports": [port]}
    await _ensure(app, "/api/v1/namespaces/default/services", service)

    end: Document = {"name": "https", "port": config.api_port, "protocol": "TCP"}
    # The mirror of Endpoints into slices is not wanted here: the slice is made below.
    skip_mirror: Document = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    endpoints = _object("v1", "Endpoints", "kubernetes", "default", skip_mirror)
    endpoints["subsets"] = [{"addresses": [{"ip": config.api_address}], "ports": [end]}]
    await _ensure(app, "/api/v1/namespaces/default/endpoints", endpoints, renew="subsets")
    slice_ = _slice("kubernetes", "default", "kubernetes", config.api_address, [end])
    await _ensure_slice(app, slice_)


async def _ensure_authority(app: App, config: BootstrapConfig) -> None:
    """What API servers beside this one, and machines that want to join, must know to trust it."""
    authentication = _object("v1", "ConfigMap", "extension-apiserver-authentication", "kube-system")
    authentication["data"] = {"client-ca-file": config.ca_pem}
    await _ensure(app, "/api/v1/namespaces/kube-system/configmaps", authentication, renew="data")
    info = _object("v1", "ConfigMap", "cluster-info", "kube-public")
    authority = base64.b64encode(config.ca_pem.encode()).decode()
    cluster = {"certificate-authority-data": authority, "server": f"https://{config.api_address}:{config.api_port}"}
    # JSON is YAML; kubeadm reads either.
    kubeconfig = {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "", "cluster": cluster}]}
    info["data"] = {"kubeconfig": orjson.dumps(kubeconfig).decode()}
    await _ensure(app, "/api/v1/namespaces/kube-public/configmaps", info, renew="data")


async def _ensure_dns_service(app: App, config: BootstrapConfig) -> None:
    labels: Document = {
        "k8s-app": "kube-dns",
        "kubernetes.io/cluster-service": "true",
        "kubernetes.io/name": "CoreDNS",
    }
    ports: list[Document] = [
        {"name": name, "port": DNS_PORT, "protocol": protocol, "targetPort": config.dns_port}
        for name, protocol in (("dns", "UDP"), ("dns-tcp", "TCP"))
    ]
    service = _object("v1", "Service", "kube-dns", "kube-system", labels)
    address = service_address(config.service_cidr, DNS_ADDRESS_INDEX)
    service["spec"] = {"type": "ClusterIP", "clusterIP": address, "ports": ports}
    await _ensure(app, "/api/v1/namespaces/kube-system/services", service)
    if config.dns_address:
        ends: list[Document] = [
            {"name": port["name"], "port": config.dns_port, "protocol": port["protocol"]} for port in ports
        ]
        await _ensure_slice(app, _slice("kube-dns", "kube-system", "kube-dns", config.dns_address, ends))


async def _ensure_slice(app: App, slice_: Document) -> None:
    metadata = slice_["metadata"]
    assert isinstance(metadata, dict)
    path = f"/apis/discovery.k8s.io/v1/namespaces/{metadata['namespace']}/endpointslices"
    await _ensure(app, path, slice_, renew="endpoints", also_renew="ports")


async def _ensure(app: App, path: str, wanted: Document, *, renew: str = "", also_renew: str = "") -> None:
    """Create an object; if it is there, correct the fields `renew` and `also_renew` of it."""
    status, body = await _ask(app, "POST", path, "application/json", orjson.dumps(wanted))
    if status == CREATED:
        return
    if status != CONFLICT:
        raise error_from_status(body, status)
    if renew:
        metadata = wanted["metadata"]
        assert isinstance(metadata, dict)
        patch = {name: wanted[name] for name in (renew, also_renew) if name}
        path = f"{path}/{metadata['name']}"
        status, body = await _ask(app, "PATCH", path, "application/merge-patch+json", orjson.dumps(patch))
        if status != OK:
            raise error_from_status(body, status)


async def _ask(app: App, method: str, path: str, content_type: str, body: bytes) -> tuple[int, bytes]:
    headers = {"content-type": content_type, "user-agent": "kube-apiserver"}
    response = await app(Request(method, path, headers=headers, body=body, peer=SELF))
    return response.status, await read_body(response)


def service_address(service_cidr: str, index: int) -> str:
    """The address at a place in the range of Service addresses: 1 is the API server's, 10 the DNS'."""
    return str(ipaddress.ip_network(service_cidr)[index])


def _object(api_version: str, kind: str, name: str, namespace: str = "", labels: Document | None = None) -> Document:
    metadata: Document = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def _slice(name: str, namespace: str, service: str, address: str, ports: list[Document]) -> Document:
    slice_ = _object("discovery.k8s.io/v1", "EndpointSlice", name, namespace, {SLICE_LABEL: service})
    slice_["addressType"] = f"IPv{ipaddress.ip_address(address).version}"
    slice_["endpoints"] = [{"addresses": [address], "conditions": {"ready": True}}]
    slice_["ports"] = ports
    return slice_


def _priority_classes() -> list[Document]:
    classes: list[Document] = []
    for name, value, what in (
        ("system-cluster-critical", 2_000_000_000, "the cluster"),
        ("system-node-critical", 2_000_001_000, "the node"),
    ):
        priority_class = _object("scheduling.k8s.io/v1", "PriorityClass", name)
        priority_class["value"] = value
        priority_class["description"] = f"Used for system critical pods that must not be moved: {what} needs them."
        classes.append(priority_class)
    return classes


def _storage_class() -> Document:
    storage_class = _object("storage.k8s.io/v1", "StorageClass", "local")
    metadata = storage_class["metadata"]
    assert isinstance(metadata, dict)
    metadata["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        **storage_class,
        "provisioner": "wherry.dev/local-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }

"""The node's parts that a running cluster and `wherry down` make alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from wherry.cluster.data_dir import DataDir, Identity
from wherry.kit.clock import Clock
from wherry.kit.settings import environment, load_settings
from wherry.network.pods import Pods
from wherry.network.settings import NetworkSettings
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.oci.records import image_ids_in_use
from wherry.runtime.oci.runtime import OciRuntime
from wherry.runtime.registry.endpoints import RegistrySettings
from wherry.runtime.registry.node_images import NodeImages


def runtime_state_dir(data_dir: DataDir) -> Path:
    """Where the container runtime keeps its records."""
    return data_dir.node / "runtime"


def make_runtime(data_dir: DataDir, identity: Identity, clock: Clock, images: ImageStore | None = None) -> OciRuntime:
    """The container runtime over the cluster's folders."""
    return OciRuntime(
        runtime_state_dir(data_dir),
        identity.run_dir / "runtime",
        images or ImageStore(data_dir.images),
        clock,
        cgroup_root=f"wherry-{identity.id}",
    )


def open_images(data_dir: DataDir) -> ImageStore:
    """The cluster's images, for whoever is not the server; what containers run from cannot be removed here either."""
    return ImageStore(
        data_dir.images, in_use=lambda image_id: image_id in image_ids_in_use(runtime_state_dir(data_dir))
    )


@dataclass(frozen=True)
class _RegistrySection:
    registry: RegistrySettings = field(default_factory=RegistrySettings)


def registry_settings() -> RegistrySettings:
    """How registries are reached, from WHERRY_REGISTRY_...; raises SettingsError."""
    return load_settings(_RegistrySection, environ=environment()).value.registry


def make_node_images(data_dir: DataDir, clock: Clock, random: Random) -> NodeImages:
    """The cluster's images, and what fetches others. Raises SettingsError."""
    return NodeImages(open_images(data_dir), registry_settings(), environment(), clock, random)


def network_settings(identity: Identity) -> NetworkSettings:
    """The cluster's address ranges, as the network wants them."""
    return NetworkSettings(
        cluster_id=identity.id,
        pod_cidr=identity.pod_cidr,
        node_cidr=identity.node_pod_cidr,
        service_cidr=identity.service_cidr,
        dns_ip=identity.dns_service_ip,
    )


def make_network(data_dir: DataDir, identity: Identity) -> Pods:
    """The pods' network of this machine."""
    return Pods(network_settings(identity), data_dir.node / "network")

"""Gathers what a container's environment is made of: the objects it names and the Services there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from wherry.agent.downward import NodeFacts
from wherry.agent.environment import build_environment, service_variables
from wherry.agent.volumes.interface import Objects
from wherry.api.core.configmap import CONFIG_MAPS, ConfigMap
from wherry.api.core.container import Container
from wherry.api.core.pod import Pod
from wherry.api.core.secret import SECRETS, Secret
from wherry.api.core.service import Service


@dataclass(slots=True)
class _Gathered:
    config_maps: dict[str, ConfigMap | None] = field(default_factory=dict)
    secrets: dict[str, Secret | None] = field(default_factory=dict)

    def config_map(self, name: str) -> ConfigMap | None:
        return self.config_maps.get(name)

    def secret(self, name: str) -> Secret | None:
        return self.secrets.get(name)


@dataclass(frozen=True, slots=True)
class EnvironmentSource:
    """Builds environments for one node. `services` are all Services that there are now."""

    node: NodeFacts
    services: Callable[[], Iterable[Service]]
    api_server: tuple[str, int]

    async def gather(self, pod: Pod, container: Container, pod_ip: str, objects: Objects) -> Mapping[str, str]:
        """The variables of a container. Raises ConfigError."""
        gathered = _Gathered()
        namespace = pod.metadata.namespace
        for name in _config_maps_of(container):
            gathered.config_maps[name] = await objects.get(CONFIG_MAPS, namespace, name)
        for name in _secrets_of(container):
            gathered.secrets[name] = await objects.get(SECRETS, namespace, name)
        links = pod.spec.enable_service_links is not False
        host, port = self.api_server
        services = {
            "KUBERNETES_SERVICE_HOST": host,
            "KUBERNETES_SERVICE_PORT": str(port),
            **service_variables(self.services(), namespace, links=links),
        }
        return build_environment(container, pod, gathered, node=self.node, pod_ip=pod_ip, services=services)


def _config_maps_of(container: Container) -> set[str]:
    names = {source.config_map_ref.name for source in container.env_from if source.config_map_ref is not None}
    for variable in container.env:
        if variable.value_from is not None and variable.value_from.config_map_key_ref is not None:
            names.add(variable.value_from.config_map_key_ref.name)
    return names


def _secrets_of(container: Container) -> set[str]:
    names = {source.secret_ref.name for source in container.env_from if source.secret_ref is not None}
    for variable in container.env:
        if variable.value_from is not None and variable.value_from.secret_key_ref is not None:
            names.add(variable.value_from.secret_key_ref.name)
    return names

"""A container's environment: its own variables, those from ConfigMaps and Secrets, and the Services'.

Pure, given the objects. A later source wins over an earlier one: services, then envFrom, then env.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Protocol

from wherry.agent.downward import NodeFacts, UnknownField, field_value, resource_value
from wherry.agent.expansion import expand
from wherry.api.core.configmap import ConfigMap
from wherry.api.core.container import Container, EnvFromSource, EnvVar, EnvVarSource
from wherry.api.core.pod import Pod
from wherry.api.core.secret import Secret
from wherry.api.core.service import Service


class ConfigError(Exception):
    """Something that a container's configuration refers to is missing; the message is Kubernetes' own."""


class Configuration(Protocol):
    """The ConfigMaps and Secrets of the pod's namespace, as far as they exist."""

    def config_map(self, name: str) -> ConfigMap | None:
        """The ConfigMap, or None."""

    def secret(self, name: str) -> Secret | None:
        """The Secret, or None."""


def service_variables(services: Iterable[Service], namespace: str, *, links: bool) -> dict[str, str]:
    """The variables by which a container finds Services: WEB_SERVICE_HOST, WEB_PORT_80_TCP ...

    The API server's own Service is always among them; `links` adds those of the pod's namespace.
    """
    chosen = [
        service
        for service in services
        if service.spec.cluster_ip not in ("", "None")
        and (
            (service.metadata.namespace, service.metadata.name) == ("default", "kubernetes")
            or (links and service.metadata.namespace == namespace)
        )
    ]
    variables: dict[str, str] = {}
    for service in sorted(chosen, key=lambda one: one.metadata.namespace == namespace):
        variables.update(_variables_of(service))
    return variables


def _variables_of(service: Service) -> dict[str, str]:
    if not service.spec.ports:
        return {}
    prefix = service.metadata.name.upper().replace("-", "_")
    host, first = service.spec.cluster_ip, service.spec.ports[0]
    shown = f"[{host}]" if ":" in host else host
    variables = {f"{prefix}_SERVICE_HOST": host, f"{prefix}_SERVICE_PORT": str(first.port)}
    for port in service.spec.ports:
        if port.name:
            variables[f"{prefix}_SERVICE_PORT_{port.name.upper().replace('-', '_')}"] = str(port.port)
    for index, port in enumerate(service.spec.ports):
        protocol = port.protocol or "TCP"
        url = f"{protocol.lower()}://{shown}:{port.port}"
        if index == 0:
            variables[f"{prefix}_PORT"] = url
        each = f"{prefix}_PORT_{port.port}_{protocol}"
        variables[each] = url
        variables[f"{each}_PROTO"] = protocol.lower()
        variables[f"{each}_PORT"] = str(port.port)
        variables[f"{each}_ADDR"] = host
    return variables


def build_environment(
    container: Container,
    pod: Pod,
    configuration: Configuration,
    *,
    node: NodeFacts,
    pod_ip: str,
    services: Mapping[str, str],
) -> dict[str, str]:
    """All variables of a container, references resolved and `$(NAME)` expanded. Raises ConfigError."""
    variables: dict[str, str] = {}
    for source in container.env_from:
        variables.update(_from_source(source, pod.metadata.namespace, configuration))
    for variable in container.env:
        value = _value_of(variable, container, pod, configuration, node, pod_ip, {**services, **variables})
        if value is not None:
            variables[variable.name] = value
    return {**{name: text for name, text in services.items() if name not in variables}, **variables}


def _from_source(source: EnvFromSource, namespace: str, configuration: Configuration) -> dict[str, str]:
    values: dict[str, str] = {}
    if source.config_map_ref is not None:
        config_map = configuration.config_map(source.config_map_ref.name)
        if config_map is None and not source.config_map_ref.optional:
            raise ConfigError(f'configmap "{source.config_map_ref.name}" not found')
        values = config_map.data if config_map is not None else {}
    elif source.secret_ref is not None:
        secret = configuration.secret(source.secret_ref.name)
        if secret is None and not source.secret_ref.optional:
            raise ConfigError(f'secret "{source.secret_ref.name}" not found')
        values = {key: _text(data) for key, data in secret.data.items()} if secret is not None else {}
    # A name that no program could read is left out, as in Kubernetes.
    named = {source.prefix + key: text for key, text in values.items()}
    return {name: text for name, text in named.items() if name and "=" not in name}


def _text(data: str) -> str:
    return b64decode(data).decode("utf-8", "surrogateescape")


def _value_of(
    variable: EnvVar,
    container: Container,
    pod: Pod,
    configuration: Configuration,
    node: NodeFacts,
    pod_ip: str,
    known: Mapping[str, str],
) -> str | None:
    source = variable.value_from
    if source is None:
        return expand(variable.value, known)
    try:
        if source.field_ref is not None:
            return field_value(source.field_ref.field_path, pod, node, pod_ip)
        if source.resource_field_ref is not None:
            return resource_value(source.resource_field_ref, pod, node, container.name)
    except UnknownField as error:
        raise ConfigError(str(error)) from error
    return _from_key(source, pod.metadata.namespace, configuration)


def _from_key(source: EnvVarSource, namespace: str, configuration: Configuration) -> str | None:
    if (ref := source.config_map_key_ref) is not None:
        config_map = configuration.config_map(ref.name)
        if config_map is not None and ref.key in config_map.data:
            return config_map.data[ref.key]
        if ref.optional:
            return None
        if config_map is None:
            raise ConfigError(f'configmap "{ref.name}" not found')
        raise ConfigError(f"couldn't find key {ref.key} in ConfigMap {namespace}/{ref.name}")
    if (secret_ref := source.secret_key_ref) is not None:
        secret = configuration.secret(secret_ref.name)
        if secret is not None and secret_ref.key in secret.data:
            return _text(secret.data[secret_ref.key])
        if secret_ref.optional:
            return None
        if secret is None:
            raise ConfigError(f'secret "{secret_ref.name}" not found')
        raise ConfigError(f"couldn't find key {secret_ref.key} in Secret {namespace}/{secret_ref.name}")
    return ""

"""From a container of a pod to what the runtime is told: command, variables, mounts, limits, rights. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from wherry.agent.environment import ConfigError
from wherry.agent.expansion import expand
from wherry.agent.resources import container_resources
from wherry.api.core.container import Container, SecurityContext
from wherry.api.core.pod import Pod, PodSecurityContext
from wherry.runtime.interface import ContainerConfig, ImageConfig, Mount, Resources, Security

POD_NAME_LABEL = "io.kubernetes.pod.name"
POD_NAMESPACE_LABEL = "io.kubernetes.pod.namespace"
POD_UID_LABEL = "io.kubernetes.pod.uid"
CONTAINER_NAME_LABEL = "io.kubernetes.container.name"


def pod_labels(pod: Pod) -> dict[str, str]:
    """How a sandbox or container says whose it is."""
    meta = pod.metadata
    return {POD_NAME_LABEL: meta.name, POD_NAMESPACE_LABEL: meta.namespace, POD_UID_LABEL: meta.uid}


def build_config(
    pod: Pod,
    container: Container,
    *,
    attempt: int,
    environment: Mapping[str, str],
    mounts: Sequence[Mount],
    image: ImageConfig,
    log_path: Path,
    node_memory_bytes: int,
) -> ContainerConfig:
    """What the runtime is to start. Raises ConfigError."""
    return ContainerConfig(
        name=container.name,
        attempt=attempt,
        image=container.image,
        command=tuple(expand(word, environment) for word in container.command),
        args=tuple(expand(word, environment) for word in container.args),
        env=environment,
        working_dir=container.working_dir,
        mounts=mounts,
        labels={**pod_labels(pod), CONTAINER_NAME_LABEL: container.name},
        resources=_resources(pod, container, node_memory_bytes),
        security=build_security(pod, container, image),
        log_path=log_path,
        stdin=bool(container.stdin),
        stdin_once=bool(container.stdin_once),
        tty=bool(container.tty),
        host_pid=bool(pod.spec.host_pid),
    )


def _resources(pod: Pod, container: Container, node_memory_bytes: int) -> Resources:
    return container_resources(container, pod.spec, node_memory_bytes)


def build_security(pod: Pod, container: Container, image: ImageConfig) -> Security:
    """The container's rights: its own settings before the pod's. Raises ConfigError."""
    own = container.security_context or SecurityContext()
    shared = pod.spec.security_context or PodSecurityContext()
    user = shared.run_as_user if own.run_as_user is None else own.run_as_user
    group = shared.run_as_group if own.run_as_group is None else own.run_as_group
    non_root = shared.run_as_non_root if own.run_as_non_root is None else own.run_as_non_root
    if non_root:
        _check_non_root(pod, container, user, image.user)
    fs_group = () if shared.fs_group is None else (shared.fs_group,)
    profile = own.seccomp_profile or shared.seccomp_profile
    privileged = bool(own.privileged)
    seccomp = profile.type if profile is not None else "RuntimeDefault"
    if seccomp == "Localhost":
        raise ConfigError("seccomp profiles of type Localhost are not supported; use RuntimeDefault")
    return Security(
        user=user,
        group=group,
        supplemental_groups=(*shared.supplemental_groups, *fs_group),
        run_as_non_root=bool(non_root),
        privileged=privileged,
        read_only_root=bool(own.read_only_root_filesystem),
        no_new_privileges=own.allow_privilege_escalation is False,
        capabilities_add=_capabilities(own.capabilities.add if own.capabilities else ()),
        capabilities_drop=_capabilities(own.capabilities.drop if own.capabilities else ()),
        seccomp="Unconfined" if privileged else seccomp,
    )


def _capabilities(names: Sequence[str]) -> tuple[str, ...]:
    """Kubernetes says NET_ADMIN, the kernel CAP_NET_ADMIN; ALL stays ALL."""
    plain = (name.upper().removeprefix("CAP_") for name in names)
    return tuple("ALL" if name == "ALL" else f"CAP_{name}" for name in plain)


def _check_non_root(pod: Pod, container: Container, user: int | None, image_user: str) -> None:
    meta = pod.metadata
    where = f'(pod: "{meta.name}_{meta.namespace}({meta.uid})", container: {container.name})'
    if user == 0:
        raise ConfigError(f"container's runAsUser breaks non-root policy {where}")
    if user is not None:
        return
    name = image_user.partition(":")[0]
    if name in ("", "0", "root"):
        raise ConfigError(f"container has runAsNonRoot and image will run as root {where}")
    if not name.isdigit():
        text = f"container has runAsNonRoot and image has non-numeric user ({name})"
        raise ConfigError(f"{text}, cannot verify user is non-root {where}")

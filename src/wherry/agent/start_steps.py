"""The steps that bring a pod up, each a small function that performs one instruction and says what came of it.

They are ordered by pod_state.py: sandbox and network, beside them the volumes; then for each container
its image and its start. No step raises what the runtime, the network, the disk or the API may say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from wherry.agent import pod_events as e
from wherry.agent.addresses import NoAddress, attach
from wherry.agent.container_config import build_config, pod_labels
from wherry.agent.environment import ConfigError
from wherry.agent.expansion import expand
from wherry.agent.node_services import NodeServices
from wherry.agent.pod_directory import PodDirectory
from wherry.agent.pod_files import ClusterDns, full_hostname_of, hostname_of
from wherry.agent.resources import cgroup_parent
from wherry.agent.volumes.interface import Objects, VolumeFailure
from wherry.agent.volumes.pod_volumes import PodVolumes
from wherry.agent.volumes.registry import is_read_only
from wherry.api.core.container import Container, EphemeralContainer, VolumeMount
from wherry.api.core.pod import Pod
from wherry.apimachinery.errors import StatusError
from wherry.kit.log import get_logger
from wherry.runtime.interface import FailedPrecondition, Mount, RuntimeFailure, SandboxConfig, StartError

log = get_logger(__name__)


@dataclass(slots=True)
class PodSteps:
    """The steps of one pod. `pod` is replaced as its object changes."""

    services: NodeServices
    pod: Pod
    directory: PodDirectory
    volumes: PodVolumes
    objects: Objects

    async def make_sandbox(self) -> e.Event:
        """Namespaces, then an address in them; the one that the pod had, if it had one."""
        pod, services = self.pod, self.services
        meta, dns = pod.metadata, ClusterDns(services.settings.cluster_dns, services.settings.cluster_domain)
        hostname = hostname_of(pod)
        if pod.spec.set_hostname_as_fqdn:
            hostname = full_hostname_of(pod, dns.domain) or hostname
        security = pod.spec.security_context
        config = SandboxConfig(
            id=meta.uid,
            hostname=hostname,
            labels=pod_labels(pod),
            host_network=bool(pod.spec.host_network),
            sysctls={one.name: one.value for one in security.sysctls} if security is not None else {},
            cgroup_parent=cgroup_parent(meta.uid, pod.spec),
            log_directory=services.logs.pod_directory(meta.namespace, meta.name, meta.uid),
        )
        try:
            sandbox = await services.runtime.run_sandbox(config)
            pod_ip = services.network.host_ip
            if not pod.spec.host_network:
                known = self.directory.known_address()
                pod_ip = await attach(services.network, sandbox.netns_path, sandbox.id, meta.key, known)
            self.directory.write_network_files(pod, pod_ip, dns)
        except (RuntimeFailure, NoAddress, OSError, ValueError) as error:
            return e.SandboxFailed(str(error))
        return e.SandboxReady(sandbox.id, pod_ip)

    async def mount_volumes(self) -> e.Event:
        """All volumes in place, or the first that is not."""
        try:
            await self.volumes.mount(self.pod)
        except VolumeFailure as error:
            return e.VolumesFailed(str(error), error.waits)
        except StatusError as error:
            return e.VolumesFailed(error.message, waits=False)
        return e.VolumesReady()

    async def start_container(
        self, container: Container, attempt: int, pod_ip: str, running_id: Callable[[str], str]
    ) -> e.Event:
        """Environment, mounts, and the program. `running_id` is the id of a container of the pod, by its name."""
        name, pod, services = container.name, self.pod, self.services
        try:
            environment = await services.environment.gather(pod, container, pod_ip, self.objects)
            image = services.images.find(container.image)
            if image is None:
                return e.ImageFailed(name, "ErrImagePull", "the image has been removed meanwhile", container.image)
            wanted = enumerate(container.volume_mounts)
            mounts = [self._mount(mount, index, container, environment) for index, mount in wanted]
            config = build_config(
                pod,
                container,
                attempt=attempt,
                environment=environment,
                mounts=[*mounts, *self.directory.prepare_mounts(pod, container, attempt)],
                image=image.config,
                log_path=services.logs.path(pod, name, attempt),
                node_memory_bytes=services.memory_bytes,
            )
            config = replace(config, processes_of=_processes_of(container, running_id))
        except (ConfigError, VolumeFailure) as error:
            return e.StartFailed(name, "CreateContainerConfigError", str(error))
        except StatusError as error:
            return e.StartFailed(name, "CreateContainerError", error.message)
        except (RuntimeFailure, OSError) as error:
            return e.StartFailed(name, "CreateContainerError", str(error))
        try:
            status = await services.runtime.start_container(pod.metadata.uid, config)
        except StartError as error:
            return e.StartFailed(name, "RunContainerError", str(error), error.exit_code)
        except FailedPrecondition as error:
            return e.StartFailed(name, "RunContainerError", str(error))
        except (RuntimeFailure, OSError) as error:
            return e.StartFailed(name, "CreateContainerError", str(error))
        return e.ContainerStarted(name, status.id, status.image_id, status.started_at_s)

    def _mount(self, mount: VolumeMount, index: int, container: Container, environment: Mapping[str, str]) -> Mount:
        sub_path = expand(mount.sub_path_expr, environment) if mount.sub_path_expr else mount.sub_path
        if mount.sub_path_expr and "$(" in sub_path:
            raise ConfigError(f"failed to expand subPathExpr {mount.sub_path_expr}: a variable is not set")
        place = self.volumes.place(mount, container.name, index, sub_path)
        volume = next((volume for volume in self.pod.spec.volumes if volume.name == mount.name), None)
        read_only = bool(mount.read_only) or (volume is not None and is_read_only(volume))
        return Mount(place, mount.mount_path, read_only)

    async def remove_sandbox(self, *, forget: bool) -> e.Event | None:
        """Address and namespaces away; None when that failed and is to be tried again."""
        services, uid = self.services, self.pod.metadata.uid
        try:
            sandboxes = {sandbox.id: sandbox for sandbox in await services.runtime.list_sandboxes()}
            if uid in sandboxes and sandboxes[uid].netns_path:
                await services.network.detach(uid, sandboxes[uid].netns_path)
            await services.runtime.stop_sandbox(uid)
            if forget:
                await services.runtime.remove_sandbox(uid)
        except (RuntimeFailure, OSError) as error:
            self.log_failure("remove sandbox", error)
            return None
        return e.SandboxRemoved()

    def clean_up(self, *, forget: bool) -> e.Event | None:
        """Volumes away, and with `forget` everything else; None when that failed and is to be tried again."""
        try:
            self.volumes.unmount()
            if forget:
                self.directory.remove()
                self.services.logs.remove(self.pod)
        except OSError as error:
            self.log_failure("clean up", error)
            return None
        return e.CleanedUp()

    def log_failure(self, what: str, error: Exception) -> None:
        """Say what could not be done; it is tried again."""
        log.warning("Pod step failed", pod=str(self.pod.metadata.key), step=what, err=str(error))


def _processes_of(container: Container, running_id: Callable[[str], str]) -> str:
    """The id of the container whose processes this one sees; "" for its own alone. Raises ConfigError."""
    target = container.target_container_name if isinstance(container, EphemeralContainer) else ""
    found = running_id(target) if target else ""
    if target and not found:
        raise ConfigError(f'unable to find target container "{target}"')
    return found

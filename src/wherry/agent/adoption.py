"""What the runtime already has when the agent starts, sorted by pod."""

from __future__ import annotations

from dataclasses import dataclass, field

from wherry.agent.addresses import NoAddress, attach
from wherry.agent.container_config import POD_NAME_LABEL, POD_NAMESPACE_LABEL
from wherry.agent.interfaces import PodNetwork
from wherry.agent.pod_directory import PodDirectory
from wherry.agent.pod_events import AdoptedContainer, RuntimeAdopted
from wherry.api.core.container import Container
from wherry.api.core.pod import Pod
from wherry.apimachinery.meta import ObjectKey
from wherry.kit.log import get_logger
from wherry.runtime.interface import ContainerState, ContainerStatus, RuntimeFailure, RuntimeService, SandboxStatus

log = get_logger(__name__)


@dataclass(slots=True)
class Found:
    """The sandboxes and containers there are; a pod's sandbox id is the pod's uid."""

    sandboxes: dict[str, SandboxStatus] = field(default_factory=dict)
    containers: dict[str, list[ContainerStatus]] = field(default_factory=dict)


async def find(runtime: RuntimeService) -> Found:
    """Ask the runtime."""
    found = Found({sandbox.id: sandbox for sandbox in await runtime.list_sandboxes()})
    for container in await runtime.list_containers():
        found.containers.setdefault(container.sandbox_id, []).append(container)
    return found


async def adopt(found: Found, pod: Pod, network: PodNetwork, directory: PodDirectory) -> RuntimeAdopted:
    """Take what belongs to `pod` out of `found`, its address included."""
    uid = pod.metadata.uid
    sandbox = found.sandboxes.pop(uid, None)
    statuses = found.containers.pop(uid, [])
    if sandbox is None or not (statuses or directory.known_address()):
        # A sandbox without an address was cut short while it was made: making it again finishes it.
        return RuntimeAdopted()
    pod_ip = network.host_ip
    if not pod.spec.host_network:
        known = directory.known_address() or pod.status.pod_ip
        try:
            pod_ip = await attach(network, sandbox.netns_path, sandbox.id, pod.metadata.key, known)
        except NoAddress as error:
            # Better a pod without a network for a moment than a pod that is started twice.
            log.warning("Could not adopt address", pod=str(pod.metadata.key), err=str(error))
            pod_ip = known
    lists = (pod.spec.init_containers, pod.spec.containers, pod.spec.ephemeral_containers)
    specs = {spec.name: spec for each in lists for spec in each}
    adopted = [
        AdoptedContainer(status, _last_words(directory, specs[status.name], status))
        for status in statuses
        if status.name in specs
    ]
    return RuntimeAdopted(sandbox.id, pod_ip, tuple(adopted))


def _last_words(directory: PodDirectory, spec: Container, status: ContainerStatus) -> str:
    if status.state is not ContainerState.EXITED:
        return ""
    return directory.last_words(spec, status.attempt, status.exit_code or 0, status.log_path)


async def remove_orphan(sandbox: SandboxStatus, runtime: RuntimeService, network: PodNetwork) -> None:
    """A sandbox whose pod was deleted while the agent was away: take everything down."""
    key = ObjectKey(sandbox.labels.get(POD_NAMESPACE_LABEL, ""), sandbox.labels.get(POD_NAME_LABEL, ""))
    try:
        if sandbox.netns_path:
            await network.detach(sandbox.id, sandbox.netns_path)
        await runtime.stop_sandbox(sandbox.id)
        await runtime.remove_sandbox(sandbox.id)
        log.info("Removed orphaned sandbox", pod=str(key), sandbox=sandbox.id)
    except (RuntimeFailure, OSError) as error:
        log.warning("Could not remove orphaned sandbox", pod=str(key), sandbox=sandbox.id, err=str(error))

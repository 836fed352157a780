"""What a machine offers and how it is: capacity, conditions, identity. Reads /proc and /sys; pure otherwise."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wherry.agent.settings import AgentSettings
from wherry.api.core.node import NodeCondition
from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import format_time
from wherry.runtime.interface import ImageStatus

# The real kubelet's hard eviction thresholds.
MEMORY_FREE_MIN_BYTES = 100 * 1024 * 1024
DISK_FREE_MIN_SHARE = 0.10
PIDS_FREE_MIN = 1000
IMAGES_MAX = 50

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "ppc64le": "ppc64le", "s390x": "s390x"}


# Reason and message, when all is well and when not.
_MEMORY = (
    ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
)
_DISK = (
    ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("KubeletHasDiskPressure", "kubelet has disk pressure"),
)
_PIDS = (
    ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts about the machine that the node's status is made of."""

    cpus: int
    memory_bytes: int
    memory_free_bytes: int
    disk_bytes: int
    disk_free_bytes: int
    pids_max: int
    pids: int
    info: Mapping[str, str]
    hostname: str

    @property
    def architecture(self) -> str:
        """As Kubernetes names it: amd64, arm64."""
        return self.info["architecture"]


def read_machine(directory: Path) -> Machine:
    """Look at this machine; `directory` is on the disk that counts."""
    memory = _meminfo()
    disk = shutil.disk_usage(directory)
    return Machine(
        cpus=len(os.sched_getaffinity(0)),
        memory_bytes=memory.get("MemTotal", 0),
        memory_free_bytes=memory.get("MemAvailable", 0),
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
        pids_max=int(_read("/proc/sys/kernel/pid_max") or 32768),
        pids=int((_read("/proc/loadavg") or "0 0 0 0/1 0").split()[3].partition("/")[2]),
        info={
            "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
            "bootID": _read("/proc/sys/kernel/random/boot_id"),
            "kernelVersion": platform.release(),
            "machineID": _read("/etc/machine-id") or _read("/var/lib/dbus/machine-id"),
            "operatingSystem": "linux",
            "osImage": _os_name(),
            "systemUUID": _read("/sys/class/dmi/id/product_uuid") or _read("/etc/machine-id"),
        },
        hostname=socket.gethostname(),
    )


def memory_free_bytes() -> int:
    """How much memory programs could still have."""
    return _meminfo().get("MemAvailable", 0)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _meminfo() -> dict[str, int]:
    lines = (line.split() for line in _read("/proc/meminfo").splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) == 3}


def _os_name() -> str:
    for line in _read("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return "Linux"


def compute_capacity(machine: Machine, settings: AgentSettings) -> dict[str, str]:
    """What the node offers, in Kubernetes' words; the settings have the last word."""
    return {
        "cpu": str(machine.cpus),
        "ephemeral-storage": f"{machine.disk_bytes // 1024}Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": f"{machine.memory_bytes // 1024}Ki",
        "pods": str(settings.max_pods),
        **settings.capacity,
    }


def compute_conditions(machine: Machine, before: Sequence[NodeCondition], now_s: float) -> list[Document]:
    """The node's conditions; one that has not changed keeps the time of its last change."""
    known = {condition.type: condition for condition in before}
    short_of_memory = machine.memory_free_bytes < MEMORY_FREE_MIN_BYTES
    short_of_disk = machine.disk_free_bytes < DISK_FREE_MIN_SHARE * machine.disk_bytes
    short_of_pids = machine.pids_max - machine.pids < PIDS_FREE_MIN
    conditions = [
        _condition(known, kind, "True" if pressed else "False", *words[pressed], now_s)
        for kind, pressed, words in (
            ("MemoryPressure", short_of_memory, _MEMORY),
            ("DiskPressure", short_of_disk, _DISK),
            ("PIDPressure", short_of_pids, _PIDS),
        )
    ]
    conditions.append(_condition(known, "Ready", "True", "KubeletReady", "kubelet is posting ready status", now_s))
    return conditions


def _condition(
    known: Mapping[str, NodeCondition], kind: str, status: str, reason: str, message: str, now_s: float
) -> Document:
    now = format_time(now_s)
    before = known.get(kind)
    changed = before.last_transition_time if before is not None and before.status == status else now
    return {
        "type": kind,
        "status": status,
        "lastHeartbeatTime": now,
        "lastTransitionTime": changed or now,
        "reason": reason,
        "message": message,
    }


def compute_node_status(
    machine: Machine,
    settings: AgentSettings,
    images: Sequence[ImageStatus],
    *,
    runtime_version: str,
    before: Sequence[NodeCondition],
    now_s: float,
) -> Document:
    """The status document of a node."""
    capacity = compute_capacity(machine, settings)
    biggest = sorted(images, key=lambda image: image.size_bytes, reverse=True)[:IMAGES_MAX]
    return {
        "capacity": capacity,
        "allocatable": dict(capacity),
        "conditions": compute_conditions(machine, before, now_s),
        "addresses": [
            {"type": "InternalIP", "address": settings.node_ip},
            {"type": "Hostname", "address": settings.node_name},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": settings.kubelet_port}},
        "nodeInfo": {
            **machine.info,
            "containerRuntimeVersion": runtime_version,
            "kubeProxyVersion": settings.kubelet_version,
            "kubeletVersion": settings.kubelet_version,
        },
        "images": [{"names": _names(image), "sizeBytes": image.size_bytes} for image in biggest],
    }


def _names(image: ImageStatus) -> list[str]:
    """As the kubelet gives them: by digest under each of its repositories, then by tag."""
    repositories = dict.fromkeys(tag.rpartition(":")[0] for tag in image.tags)
    digests = dict.fromkeys((*image.repo_digests, *(f"{repository}@{image.digest}" for repository in repositories)))
    return [*digests, *image.tags] or [image.digest]

"""From what a pod asks for to what crun is told: the OCI configuration of a container. Pure.

The defaults are Kubernetes' own with a common runtime: 14 capabilities, a fresh /dev, /sys read-only,
the dangerous files below /proc masked, the RuntimeDefault filter of system calls.

Source: OCI runtime specification 1.0, config.md and config-linux.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wherry.runtime.interface import ContainerConfig, FailedPrecondition, ImageConfig, Resources, Security
from wherry.runtime.oci.seccomp import default_profile
from wherry.runtime.oci.users import User

Json = dict[str, object]

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHM_BYTES = 64 * 1024 * 1024

DEFAULT_CAPABILITIES = (
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
)

# In the kernel's order, so that bit N of a mask is the name at N.
ALL_CAPABILITIES = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
)

MASKED_PATHS = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
)
READ_ONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


@dataclass(frozen=True, slots=True)
class Device:
    """A device node of the machine, for privileged containers. `kind` is c or b."""

    path: str
    kind: str
    major: int
    minor: int
    mode: int = 0o666


@dataclass(frozen=True, slots=True)
class BindMount:
    """A directory or file of the machine with its place in the container, free of links."""

    source: str
    target: str
    read_only: bool = False
    propagation: str = "rprivate"


@dataclass(frozen=True, slots=True)
class SpecInput:
    """Everything that the configuration is computed from, gathered by `container`.

    `namespaces` maps OCI's kinds to files of the sandbox ("" means a new one); a kind that is missing is
    the machine's. `cgroup_mounts` are read-only views of the container's own control groups (version 1).
    """

    config: ContainerConfig
    image: ImageConfig
    user: User
    hostname: str
    root_path: str
    working_dir: str
    namespaces: Mapping[str, str]
    mounts: Sequence[BindMount] = ()
    shm_path: str = ""
    available_capabilities: Sequence[str] = ALL_CAPABILITIES
    oom_score_adj: int | None = None
    cgroups_path: str = ""
    cgroup_mounts: Sequence[BindMount] = ()
    devices: Sequence[Device] = ()
    machine: str = field(default="")


def build_spec(given: SpecInput) -> Json:
    """The configuration, ready to be written as config.json."""
    security = given.config.security
    capabilities = container_capabilities(security, given.available_capabilities)
    return {
        "ociVersion": "1.0.2",
        "process": _process(given, capabilities),
        "root": {"path": given.root_path, "readonly": security.read_only_root},
        "hostname": given.hostname if "uts" in given.namespaces and not given.namespaces["uts"] else "",
        "mounts": _mounts(given),
        "linux": _linux(given, capabilities),
    }


def container_argv(config: ContainerConfig, image: ImageConfig) -> list[str]:
    """The program and its arguments, by Kubernetes' rule for command and args against the image's.

    Raises:
        FailedPrecondition: neither the pod nor the image names a program.
    """
    from_image = [*image.entrypoint, *(config.args or image.command)]
    argv = [*config.command, *config.args] if config.command else from_image
    if not argv or not argv[0]:
        raise FailedPrecondition("no command specified")
    for word in argv:
        if "\0" in word:
            raise FailedPrecondition("a command must not contain a NUL character")
    return argv


def container_env(config: ContainerConfig, image: ImageConfig, user: User, hostname: str) -> dict[str, str]:
    """The environment: defaults, then the image's, then the pod's."""
    env = {"PATH": DEFAULT_PATH, "HOSTNAME": hostname, "HOME": user.home}
    if config.tty:
        env["TERM"] = "xterm"
    env.update(image.env)
    env.update(config.env)
    for name, value in env.items():
        if not name or "=" in name or "\0" in name + value:
            raise FailedPrecondition(f"the environment variable {name!r} cannot be set")
    return env


def container_capabilities(security: Security, available: Sequence[str] = ALL_CAPABILITIES) -> list[str]:
    """The rights of root that the program keeps: the defaults, minus `drop`, plus `add`."""
    wanted = set(ALL_CAPABILITIES if security.privileged else DEFAULT_CAPABILITIES)
    drop = {_capability(name) for name in security.capabilities_drop}
    add = {_capability(name) for name in security.capabilities_add}
    if "CAP_ALL" in drop:
        wanted = set()
    if "CAP_ALL" in add:
        wanted = set(ALL_CAPABILITIES)
    wanted = (wanted - drop) | add
    return sorted(wanted & set(available))


def _capability(name: str) -> str:
    upper = name.upper()
    return upper if upper.startswith("CAP_") else f"CAP_{upper}"


def _process(given: SpecInput, capabilities: list[str]) -> Json:
    config, security = given.config, given.config.security
    env = container_env(config, given.image, given.user, given.hostname)
    process: Json = {
        "terminal": config.tty,
        "user": {"uid": given.user.uid, "gid": given.user.gid, "additionalGids": list(given.user.groups)},
        "args": container_argv(config, given.image),
        "env": [f"{name}={value}" for name, value in env.items()],
        "cwd": given.working_dir,
        "capabilities": {"bounding": capabilities, "effective": capabilities, "permitted": capabilities},
        "noNewPrivileges": security.no_new_privileges and not security.privileged,
    }
    if given.oom_score_adj is not None:
        process["oomScoreAdj"] = given.oom_score_adj
    return process


def _mounts(given: SpecInput) -> list[Json]:
    privileged = given.config.security.privileged
    sys_options = ["nosuid", "noexec", "nodev"] + ([] if privileged else ["ro"])
    mounts: list[Json] = [
        _mount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        _mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        _mount("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
        _mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        _mount("/sys", "sysfs", "sysfs", sys_options),
    ]
    if given.shm_path:
        mounts.append(_mount("/dev/shm", "bind", given.shm_path, ["bind", "nosuid", "noexec", "nodev", "rprivate"]))  # noqa: S108 - the container's
    else:
        options = ["nosuid", "noexec", "nodev", "mode=1777", f"size={SHM_BYTES}"]
        mounts.append(_mount("/dev/shm", "tmpfs", "shm", options))  # noqa: S108 - the container's
    if given.cgroup_mounts:
        mounts.append(_mount("/sys/fs/cgroup", "tmpfs", "cgroup", ["nosuid", "noexec", "nodev", "mode=755"]))
        mounts.extend(_bind(mount, ("nosuid", "noexec", "nodev")) for mount in given.cgroup_mounts)
    elif "cgroup" in given.namespaces:
        mounts.append(_mount("/sys/fs/cgroup", "cgroup", "cgroup", sys_options))
    # Shorter targets first, so that a volume inside another volume is not hidden by it.
    mounts.extend(_bind(mount) for mount in sorted(given.mounts, key=lambda mount: mount.target.count("/")))
    return mounts


def _mount(target: str, kind: str, source: str, options: list[str]) -> Json:
    return {"destination": target, "type": kind, "source": source, "options": options}


def _bind(mount: BindMount, more: Sequence[str] = ()) -> Json:
    options = ["rbind", mount.propagation, "ro" if mount.read_only else "rw", *more]
    return _mount(mount.target, "bind", mount.source, options)


def _linux(given: SpecInput, capabilities: list[str]) -> Json:
    security = given.config.security
    linux: Json = {
        "namespaces": [
            {"type": kind, "path": path} if path else {"type": kind} for kind, path in given.namespaces.items()
        ],
        "maskedPaths": [] if security.privileged else list(MASKED_PATHS),
        "readonlyPaths": [] if security.privileged else list(READ_ONLY_PATHS),
    }
    if given.devices:
        linux["devices"] = [
            {"path": d.path, "type": d.kind, "major": d.major, "minor": d.minor, "fileMode": d.mode, "uid": 0, "gid": 0}
            for d in given.devices
        ]
    if given.cgroups_path:
        linux["cgroupsPath"] = given.cgroups_path
        linux["resources"] = runtime_resources(given.config.resources, privileged=security.privileged)
    if security.seccomp != "Unconfined" and not security.privileged:
        linux["seccomp"] = default_profile(capabilities, given.machine)
    return linux


def runtime_resources(resources: Resources, *, privileged: bool) -> Json:
    """Limits in OCI form, for a runtime that writes the control groups itself."""
    found: Json = {"devices": [{"allow": privileged, "access": "rwm"}]}
    cpu: Json = {}
    if resources.cpu_shares is not None:
        cpu["shares"] = resources.cpu_shares
    if resources.cpu_quota_us is not None:
        cpu.update(quota=resources.cpu_quota_us, period=resources.cpu_period_us)
    if cpu:
        found["cpu"] = cpu
    if resources.memory_limit_bytes is not None:
        found["memory"] = {"limit": resources.memory_limit_bytes, "swap": resources.memory_limit_bytes}
    if resources.pids_limit is not None:
        found["pids"] = {"limit": resources.pids_limit}
    return found


def allowed_oom_score_adj(wanted: int | None, own: int, *, may_lower: bool) -> int | None:
    """The score that can be set: below our own only with CAP_SYS_RESOURCE, which not every machine grants."""
    if wanted is None or (wanted < own and not may_lower):
        return None
    return wanted

"""What a machine needs to run containers, checked one by one, each with its way out."""

from __future__ import annotations

import json
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from wherry.cluster.data_dir import DataDir
from wherry.kit.process import find_program, run_blocking

FREE_BYTES_MIN = 512 * 1024 * 1024
FREE_BYTES_PLAYED_MIN = 32 * 1024 * 1024
# With so little hardly anything can be written, but all that is there can be read, and deleted.
FREE_BYTES_AGAIN_MIN = 1024 * 1024
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is good, what it means if not, and what to do."""

    what: str
    ok: bool
    meaning: str = ""
    remedy: str = ""


def examine(data_dir: DataDir, *, real_node: bool = True) -> list[Finding]:
    """Look at everything; changes nothing. Without a real node only the folder matters."""
    folder = [_space(data_dir, real_node=real_node), _file_system(data_dir)]
    if not real_node:
        return folder
    return [
        _linux(),
        _root(),
        _any_program(("crun", "runc"), "no program that starts containers", "crun"),
        _any_program(("conmon",), "nothing that keeps containers' logs and exit codes while Wherry is away", "conmon"),
        _any_program(("nft",), "Services cannot get their addresses", "nftables"),
        _overlay(),
        _cgroups(),
        *folder,
        _folder_name(data_dir),
    ]


def firewall() -> Finding:
    """Whether another program's firewall drops what pods send (Docker's and ufw's rule for everybody but themselves).

    Apart from `examine` because a start does not wait for it, and because a rule of that firewall may let pods through.
    """
    nft = find_program("nft")
    tables = (
        [] if nft is None else dropping_tables(run_blocking([nft, "--json", "list", "chains"], timeout_s=10).stdout)
    )
    where = ", ".join(tables)
    return Finding(
        f"firewall: it stops what pods send ({where})" if tables else "firewall: lets pods reach each other",
        not tables,
        "pods reach neither each other nor anything outside, if nothing else lets them through",
        "let them through: `iptables -I FORWARD -s 10.0.0.0/8 -j ACCEPT`, and the same with -d, or in its own way",
    )


def dropping_tables(listed: bytes) -> list[str]:
    """The tables that drop forwarded packets unless a rule says otherwise, from `nft --json list chains`. Pure."""
    try:
        document = json.loads(listed)
    except ValueError:
        return []
    chains = [entry["chain"] for entry in document.get("nftables", []) if "chain" in entry]
    return sorted(
        {
            f"{chain['family']} {chain['table']}"
            for chain in chains
            if (chain.get("hook"), chain.get("policy")) == ("forward", "drop")
        }
    )


def _linux() -> Finding:
    release = platform.release()
    ok = platform.system() == "Linux"
    return Finding(
        f"Linux kernel {release}" if ok else platform.system(),
        ok,
        "containers are a thing of the Linux kernel",
        "run Wherry in a Linux virtual machine",
    )


def _root() -> Finding:
    if os.geteuid() == 0:
        return Finding("rights: root", True)
    sudo = find_program("sudo")
    return Finding(
        "rights: a user with sudo" if sudo else "rights: not root, no sudo",
        sudo is not None,
        "namespaces, mounts and limits need root",
        "run as root, or install sudo",
    )


def _any_program(names: tuple[str, ...], meaning: str, package: str) -> Finding:
    found = next((path for name in names if (path := find_program(name))), None)
    what = f"{' or '.join(names)}: {found or 'not found'}"
    return Finding(what, found is not None, meaning, f"apt-get install {package}, or what your Linux calls it")


def _overlay() -> Finding:
    known = "overlay" in Path("/proc/filesystems").read_text() or Path("/sys/module/overlay").exists()
    return Finding(
        "overlay file system in the kernel",
        known,
        "no image can be put together from its parts",
        "`modprobe overlay`, or another kernel",
    )


def _cgroups() -> Finding:
    root = Path("/sys/fs/cgroup")
    version_2 = (root / "cgroup.controllers").exists()
    version_1 = (root / "memory").is_dir()
    what = "control groups: " + ("version 2" if version_2 else "version 1" if version_1 else "none")
    return Finding(
        what, version_1 or version_2, "nobody would hold a container to its limits", "`mount /sys/fs/cgroup`"
    )


def _space(data_dir: DataDir, *, real_node: bool) -> Finding:
    free = shutil.disk_usage(_existing(data_dir.root)).free
    if data_dir.identity_file.exists():
        wanted, way_out = FREE_BYTES_AGAIN_MIN, "make room; what is in the folder stays as it is"
    else:
        wanted = FREE_BYTES_MIN if real_node else FREE_BYTES_PLAYED_MIN
        way_out = "make room, or choose another folder: WHERRY_HOME=/elsewhere wherry up"
    return Finding(
        f"free space for {data_dir.root}: {free / 1e6:,.0f} MB",
        free >= wanted,
        f"images, logs and the database need room: {wanted / 1e6:,.0f} MB or more",
        way_out,
    )


def _file_system(data_dir: DataDir) -> Finding:
    kind = _file_system_of(_existing(data_dir.root))
    return Finding(
        f"file system of {data_dir.root}: {kind}",
        kind not in NETWORK_FILE_SYSTEMS and kind != "overlay",
        "it keeps neither the database nor images as they must be kept",
        "choose a folder on a local disk: WHERRY_HOME=/elsewhere wherry up",
    )


def _folder_name(data_dir: DataDir) -> Finding:
    unfit = [character for character in ":,\\" if character in str(data_dir.root)]
    unfit += [repr(character) for character in str(data_dir.root) if not character.isprintable()]
    return Finding(
        f"name of the folder {str(data_dir.root)!r}" + "".join(f": contains {character}" for character in unfit[:1]),
        not unfit,
        "the kernel reads these characters as the end of a name",
        "choose a folder with another name: WHERRY_HOME=/elsewhere wherry up",
    )


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _file_system_of(path: Path) -> str:
    """The type of the file system that holds `path`, by the longest mount point above it."""
    best, kind = "", "unknown"
    if platform.system() != "Linux":
        return kind
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        mount_point = left.split()[4]
        if path.is_relative_to(mount_point) and len(mount_point) >= len(best):
            best, kind = mount_point, right.split()[0]
    return kind

"""The OCI runtime program (crun, or runc) and the monitor (conmon): found, checked, and called by name.

crun is preferred: it starts a container in a third of runc's time. Where the machine's control groups
are of version 1, crun is told to leave them alone and Wherry writes them (see `cgroups`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wherry.kit.process import find_program, run_blocking
from wherry.runtime.interface import Unavailable

# 1.8 is Debian 12's; older ones lack openat2 resolution of mount targets.
CRUN_VERSION_MIN = (1, 8)
_PROBE_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class OciProgram:
    """crun or runc. `own_cgroups` says that Wherry, not the program, writes the control groups."""

    name: str
    path: str
    version: str
    root: Path
    own_cgroups: bool = False

    def global_options(self) -> list[str]:
        """What precedes every command."""
        options = [f"--root={self.root}"]
        if self.name == "crun":
            options.append(f"--cgroup-manager={'disabled' if self.own_cgroups else 'cgroupfs'}")
        return options

    def argv(self, command: str, *arguments: str) -> list[str]:
        """A whole command line."""
        return [self.path, *self.global_options(), command, *arguments]


def find_oci_program(root: Path, *, version_1_cgroups: bool, names: Sequence[str] = ("crun", "runc")) -> OciProgram:
    """The first usable of `names`.

    Raises:
        Unavailable: there is none.
    """
    too_old = ""
    for name in names:
        path = find_program(name)
        if path is None:
            continue
        said = run_blocking([path, "--version"], timeout_s=_PROBE_TIMEOUT_S).stdout.decode("utf-8", "replace")
        version = _version(said)
        if name == "crun" and _numbers(version) < CRUN_VERSION_MIN:
            too_old = f" ({path} is {version}, too old)"
            continue
        return OciProgram(name, path, version, root, own_cgroups=name == "crun" and version_1_cgroups)
    raise Unavailable(
        f"No program to run containers was found{too_old}. Install crun 1.8 or newer (Debian, Ubuntu: "
        "`apt install crun`; Fedora: `dnf install crun`)."
    )


def find_monitor() -> str:
    """The monitor's path.

    Raises:
        Unavailable: it is not installed.
    """
    path = find_program("conmon")
    if path is None:
        raise Unavailable(
            "conmon, which keeps containers' logs and exit codes, was not found. Install it (Debian, Ubuntu: "
            "`apt install conmon`; Fedora: `dnf install conmon`)."
        )
    return path


def _version(said: str) -> str:
    match = re.search(r"version\s+v?(\d+(?:\.\d+)*)", said)
    return match.group(1) if match else "0"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))

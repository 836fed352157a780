"""Which control groups this machine has: version 1, version 2, or both (hybrid)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from wherry.kit.linux.mounts import MountPoint, mount_points


class CgroupMode(Enum):
    """V1: a tree per controller. HYBRID: those, and a version 2 tree beside them. V2: one tree."""

    V1 = "v1"
    HYBRID = "hybrid"
    V2 = "v2"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CgroupLayout:
    """Where the trees are. `controllers` maps a version 1 controller to its directory; `unified` is version 2's."""

    mode: CgroupMode
    controllers: Mapping[str, Path] = field(default_factory=dict)
    unified: Path | None = None


def detect_cgroups(points: Sequence[MountPoint] | None = None) -> CgroupLayout:
    """Look at the mount table (or the given one)."""
    controllers: dict[str, Path] = {}
    unified: Path | None = None
    for point in mount_points() if points is None else points:
        if point.kind == "cgroup2":
            unified = point.path
        elif point.kind == "cgroup":
            for option in point.super_options.split(","):
                if option not in ("rw", "ro", "xattr") and not option.startswith(("name=", "release_agent=")):
                    controllers[option] = point.path
    if not controllers:
        return CgroupLayout(CgroupMode.NONE if unified is None else CgroupMode.V2, {}, unified)
    return CgroupLayout(CgroupMode.V1 if unified is None else CgroupMode.HYBRID, controllers, unified)

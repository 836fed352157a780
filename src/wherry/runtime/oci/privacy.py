"""The private view of mounts in which containers are started.

Each start gets a mount namespace of its own: the container's overlay is mounted only there, and the
monitor and the container inherit it. When they end, the kernel takes the mounts away: none can leak, not
even after kill -9.
"""

from __future__ import annotations

from pathlib import Path

from wherry.kit.linux import mounts
from wherry.kit.linux.cgroups_detect import CgroupLayout, CgroupMode
from wherry.kit.linux.namespaces import CLONE_NEWNS, leave


def enter_private_mounts(layout: CgroupLayout) -> None:
    """Give the calling thread (which must end afterwards) its own view of the machine's mounts.

    What the machine unmounts vanishes here too (slave), what is mounted here is seen by nobody else.
    """
    leave(CLONE_NEWNS)
    mounts.set_propagation(Path("/"), mounts.MS_REC | mounts.MS_SLAVE)
    # crun 1.8 refuses to start anything where it sees both versions of control groups.
    if layout.mode is CgroupMode.HYBRID and layout.unified is not None:
        mounts.unmount(layout.unified, missing_ok=True)


def forget_namespaces(directory: Path) -> None:
    """Drop this view's copies of the sandboxes' namespaces, so that a long-lived monitor keeps none alive."""
    mounts.unmount(directory, missing_ok=True)

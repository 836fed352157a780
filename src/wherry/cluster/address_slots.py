"""Keeps the address ranges of several clusters on one machine apart.

Each cluster claims a slot by a small file under /run/wherry/slots that names the cluster's folder. The claim
lasts while the folder does, so that a stopped cluster finds its addresses free again; but a cluster that runs
goes before one that is stopped.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from wherry.cluster.data_dir import RUN_ROOT, DataDir, read_identity
from wherry.kit.files import DamagedFile, DirectoryLock

SLOTS_MAX = 16
"""As many clusters on one machine: 10.244/16 down to 10.229/16, and 10.96/16 up to 10.111/16."""


class NoFreeSlot(Exception):
    """The address range is taken; the message says by whom, `remedy` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        """Both are sentences for people."""
        super().__init__(message)
        self.remedy = remedy


def claim_slot(data_dir: DataDir, wanted: int | None) -> int:
    """Take the slot `wanted` (the cluster's own of before), or the first free one. Raises NoFreeSlot."""
    folder = RUN_ROOT / "slots"
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    with _alone(folder):
        return _claim(data_dir, folder, wanted)


def _claim(data_dir: DataDir, folder: Path, wanted: int | None) -> int:
    slot = _first_free(data_dir, folder) if wanted is None else wanted
    holder = _holder(folder / str(slot), slot)
    if holder not in (None, data_dir.root) and _is_in_use(holder):
        raise NoFreeSlot(
            f"the addresses 10.{244 - slot}.0.0/16 of this cluster are in use by the cluster in {holder}",
            f"stop that one first: wherry --home {holder} down",
        )
    (folder / str(slot)).write_text(str(data_dir.root))
    return slot


def _first_free(data_dir: DataDir, folder: Path) -> int:
    """The first slot that nobody claims; when all are claimed, the first whose cluster is stopped."""
    routed = _routed_second_octets()
    slots = [slot for slot in range(SLOTS_MAX) if not {244 - slot, 96 + slot} & routed]
    holders = {slot: _holder(folder / str(slot), slot) for slot in slots}
    for slot, holder in holders.items():
        if holder in (None, data_dir.root):
            return slot
    for slot, holder in holders.items():
        if not _is_in_use(holder):
            return slot
    raise NoFreeSlot(
        f"all {SLOTS_MAX} address ranges for clusters on this machine are in use", "stop a cluster: wherry down"
    )


def _is_in_use(root: Path | None) -> bool:
    """Whether a cluster has a server or, after a crash of it, still containers."""
    if root is None:
        return False
    try:
        identity = read_identity(DataDir(root))
    except DamagedFile:
        return True
    has_containers = identity is not None and (RUN_ROOT / identity.id).exists()
    return has_containers or DirectoryLock(root).holder() is not None


def release_slot(data_dir: DataDir, slot: int) -> None:
    """Give the slot back, if it is ours."""
    claim = RUN_ROOT / "slots" / str(slot)
    if _holder(claim, slot) == data_dir.root:
        claim.unlink(missing_ok=True)


def _holder(claim: Path, slot: int) -> Path | None:
    """The folder of the cluster that holds a slot; None when it is free or its cluster is gone."""
    try:
        root = Path(claim.read_text())
    except FileNotFoundError:
        return None
    try:
        identity = read_identity(DataDir(root)) if root.is_absolute() else None
    except DamagedFile:
        # Nobody can say which addresses it uses: better none lost than two clusters on the same.
        return root
    if identity is None:
        # Its first start is at it, and has not come to write its identity yet.
        return root if root.is_absolute() and DirectoryLock(root).holder() is not None else None
    return root if identity.slot == slot else None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one start at a time choose; two in the same moment would both find the same slot free."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _routed_second_octets() -> set[int]:
    """The x of every route 10.x.y.z that this machine has: another network tool's, most likely."""
    octets = set()
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        destination = bytes.fromhex(line.split()[1])[::-1]
        if destination[0] == 10:
            octets.add(destination[1])
    return octets

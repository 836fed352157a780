"""Keeps the address ranges of several clusters on one machine apart.

Each cluster claims a slot by a small file under /run/wherry/slots; the file names the cluster's folder,
so that a claim whose cluster is gone can be taken over.
"""

from __future__ import annotations

from pathlib import Path

from wherry.cluster.data_dir import RUN_ROOT, DataDir, read_identity
from wherry.kit.files import DamagedFile

SLOTS_MAX = 16
"""As many clusters on one machine: 10.244/16 down to 10.229/16, and 10.96/16 up to 10.111/16."""


class NoFreeSlot(Exception):
    """Every address range is taken; the message says by whom."""


def claim_slot(data_dir: DataDir, wanted: int | None) -> int:
    """Take the slot `wanted` (the cluster's own of before), or the first free one. Raises NoFreeSlot."""
    folder = RUN_ROOT / "slots"
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    routed = _routed_second_octets()
    for slot in range(SLOTS_MAX) if wanted is None else (wanted,):
        claim = folder / str(slot)
        if _holder(claim, slot) not in (None, data_dir.root):
            continue
        if wanted is None and ({244 - slot, 96 + slot} & routed):
            continue
        claim.write_text(str(data_dir.root))
        return slot
    if wanted is not None:
        holder = _holder(folder / str(wanted), wanted)
        raise NoFreeSlot(
            f"the addresses 10.{244 - wanted}.0.0/16 of this cluster are in use by the cluster in {holder}; "
            f"stop that one first: WHERRY_HOME={holder} wherry down"
        )
    raise NoFreeSlot(f"all {SLOTS_MAX} address ranges for clusters on this machine are in use; stop one: wherry down")


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
    return root if identity is not None and identity.slot == slot else None


def _routed_second_octets() -> set[int]:
    """The x of every route 10.x.y.z that this machine has: another network tool's, most likely."""
    octets = set()
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        destination = bytes.fromhex(line.split()[1])[::-1]
        if destination[0] == 10:
            octets.add(destination[1])
    return octets

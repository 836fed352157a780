"""The files that a copy of the service can write: which there are, what was added, and deleting them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wherry.method.twins.twin import Twin


@dataclass(frozen=True, slots=True)
class Written:
    """A file's size, and when it changed last."""

    size: int
    changed_s: float


Files = Mapping[str, Written]


async def list_files(twin: Twin, pod: str, tops: tuple[str, ...] = ("/",)) -> Files | None:
    """The files that a copy can write or has open for writing; None where that cannot be seen."""
    found = await twin.look(pod, "files", "list", *tops)
    if not isinstance(found, dict):
        return None
    # The shape is ours: the program `inside` prints it.
    return {str(path): Written(int(size), float(changed)) for path, (size, changed) in found.items()}


async def added_text(twin: Twin, pod: str, path: str, size: int) -> str:
    """What was added to a file behind its first `size` bytes; "" when that is no text."""
    found = await twin.look(pod, "files", "tail", str(size), path)
    return found if isinstance(found, str) else ""


async def delete_files(twin: Twin, pod: str, paths: Iterable[str]) -> None:
    """Delete files in a copy."""
    _ = await twin.look(pod, "files", "delete", *paths)

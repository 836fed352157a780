"""Two images, file by file: what differs in the code, and what differs only in times."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wherry.runtime.interface import ImageStatus

WHITEOUT = ".wh."


@dataclass(frozen=True, slots=True)
class Difference:
    """`code`: the first file below the image's working folder that is not the same; `other`: the first elsewhere."""

    code: str = ""
    other: str = ""


def compare_images(released: ImageStatus, rebuilt: ImageStatus) -> Difference:
    """Compare the content of all files; times, owners and the order in a layer do not count. Reads the disk."""
    shared = set(released.layers) & set(rebuilt.layers)
    one, other = (_files([layer for layer in image.layers if layer not in shared]) for image in (released, rebuilt))
    changed = sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
    top = (released.config.working_dir or "/").strip("/")
    code = next((path for path in changed if top and f"{path}/".startswith(f"{top}/")), "")
    return Difference(code and f"/{code}", next((f"/{path}" for path in changed if path != code), ""))


def _files(layers: Sequence[Path]) -> dict[str, str]:
    """Every file of some layers with a hash of its content (of a link: where it leads)."""
    found: dict[str, str] = {}
    for layer in layers:
        for path in layer.rglob("*"):
            name = path.relative_to(layer).as_posix()
            if path.is_symlink():
                found[name] = f"-> {path.readlink()}"
            elif path.is_file() and not path.name.startswith(WHITEOUT) and path.suffix != ".pyc":
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found

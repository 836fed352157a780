"""The image that stand-ins run from: this machine's Python, made the first time that somebody needs it."""

from __future__ import annotations

from pathlib import Path

from wherry.cluster.data_dir import DataDir
from wherry.cluster.parts import open_images
from wherry.runtime.images.build import build_image

EXAMPLE = "stand-in"


def stand_in_folder() -> Path:
    """Where its image.toml is: in the package, or beside it in a checkout."""
    import wherry

    package = Path(wherry.__file__).parent
    places = (package / "examples" / EXAMPLE, package.parents[1] / "examples" / EXAMPLE)
    return next((one for one in places if one.is_dir()), places[0])


def make_stand_in_image(data_dir: DataDir) -> None:
    """Make it, or leave it as it is. Raises RuntimeFailure and PermissionError."""
    build_image(open_images(data_dir), stand_in_folder())

"""The image of the nightly trials: this machine's Python with Wherry in it, and what the command needs."""

from __future__ import annotations

import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from wherry.cli.output import Trouble
from wherry.cluster.data_dir import DataDir
from wherry.method.contracts.nightly import IMAGE
from wherry.runtime.interface import RuntimeFailure

NEEDED = ("click", "msgspec", "orjson", "PyYAML", "httptools", "cryptography", "cffi", "pycparser")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "static", "templates")
DESCRIPTION = f"""# What `wherry contract schedule` runs every night.
name = "{IMAGE}"
base = "python"
workdir = "/"
user = "10001:10001"
entrypoint = ["python3"]
[env]
PYTHONPATH = "/opt/wherry"
PYTHONDONTWRITEBYTECODE = "1"
PYTHONUNBUFFERED = "1"
[[copy]]
from = "site"
to = "/opt/wherry"
"""


def build_trials_image(data_dir: DataDir, kubeconfig: Path | None) -> None:
    """Make it in this machine's cluster; another cluster must have one."""
    from wherry.cluster.parts import open_images
    from wherry.runtime.images.build import build_image

    if kubeconfig is not None and kubeconfig.resolve().parent.parent != data_dir.root:
        remedy = "make one with `pip install wherry` in it, and name it: --image REGISTRY/wherry:1"
        raise Trouble("another cluster needs an image with Wherry in it", remedy=remedy, exit_code=2)
    with tempfile.TemporaryDirectory(prefix="wherry-trials-") as name:
        folder = Path(name)
        (folder / "image.toml").write_text(DESCRIPTION, encoding="utf-8")
        _fill(folder / "site")
        try:
            build_image(open_images(data_dir), folder)
        except (RuntimeFailure, PermissionError) as error:
            raise Trouble(f"the image of the trials could not be made: {error}", remedy="wherry doctor") from error


def _fill(site: Path) -> None:
    """Wherry and the packages that it needs for this, as they are on this machine."""
    import wherry

    shutil.copytree(Path(wherry.__file__).parent, site / "wherry", ignore=LEFT_OUT)
    for needed in NEEDED:
        try:
            found = distribution(needed)
        except PackageNotFoundError as error:
            raise Trouble(f"{needed} is not installed here", remedy="pip install wherry") from error
        for file in found.files or ():
            source = Path(str(file.locate()))
            if ".." in file.parts or "__pycache__" in file.parts or not source.is_file():
                continue
            target = site / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copystat(source, target)

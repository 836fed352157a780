"""`wherry image ...`: container images without Docker and without a registry."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import click

from wherry.cli.output import Trouble, progress, say, table
from wherry.cluster.data_dir import DataDir
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import FailedPrecondition, ImageStatus, RuntimeFailure


@click.group()
def command() -> None:
    """Build, import, list and remove the images that pods run."""


def open_store(data_dir: DataDir) -> ImageStore:
    """The cluster's images; they can be worked on whether it runs or not."""
    from wherry.cluster.parts import open_images

    data_dir.make()
    return open_images(data_dir)


def describe(image: ImageStatus, started_s: float) -> None:
    """Say what has been made."""
    names = ", ".join(image.tags) or image.id
    progress(f"{names} ({size(image.size_bytes)}, {len(image.layers)} layers)", (time.monotonic() - started_s) * 1000)
    say(image.digest)


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


@command.command("build")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-t", "--tag", help="The image's name, instead of the one in image.toml.")
@click.pass_obj
def build(data_dir: DataDir, directory: Path, tag: str | None) -> None:
    """Build an image from DIRECTORY/image.toml. The same input gives the same digest."""
    from wherry.runtime.images.build import build_image

    started_s = time.monotonic()
    try:
        image = build_image(open_store(data_dir), directory, tag=tag)
    except RuntimeFailure as error:
        raise Trouble(str(error)) from error
    describe(image, started_s)


@command.command("import")
@click.argument("archive", type=click.Path(path_type=Path, exists=True))
@click.option("-t", "--tag", help="The image's name, when the archive does not say it.")
@click.pass_obj
def import_(data_dir: DataDir, archive: Path, tag: str | None) -> None:
    """Import an OCI layout (folder or tar) or the output of `docker save`."""
    from wherry.runtime.images.archive import import_archive

    started_s = time.monotonic()
    try:
        images = import_archive(open_store(data_dir), archive, tag=tag)
    except RuntimeFailure as error:
        raise Trouble(str(error)) from error
    for image in images:
        describe(image, started_s)


@command.command("list")
@click.pass_obj
def list_(data_dir: DataDir) -> None:
    """The images on this machine."""
    images = open_store(data_dir).list()
    if not images:
        say("No images yet. Make one: wherry image build DIRECTORY")
        return
    rows = [
        (tag, image.id.removeprefix("sha256:")[:12], size(image.size_bytes))
        for image in images
        for tag in image.tags or ("<none>",)
    ]
    table(("IMAGE", "ID", "SIZE"), rows)


@command.command("rm")
@click.argument("names", nargs=-1, required=True)
@click.pass_obj
def remove(data_dir: DataDir, names: tuple[str, ...]) -> None:
    """Remove images by name."""
    store = open_store(data_dir)
    for name in names:
        try:
            asyncio.run(store.remove(name))
        except FailedPrecondition as error:
            raise Trouble(str(error), remedy="wherry kubectl get pods -A -o wide shows who runs") from error
        except RuntimeFailure as error:
            raise Trouble(str(error), remedy="wherry image list shows what is there") from error
        say(f"removed {name}")

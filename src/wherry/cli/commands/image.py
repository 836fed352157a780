"""`wherry image ...`: container images without Docker, from registries and from this machine."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from wherry.cli.look import give_data, output_option
from wherry.cli.output import Trouble, note, progress, say, table
from wherry.cluster.data_dir import DataDir
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import FailedPrecondition, ImageStatus, NotFound, RuntimeFailure

NAMELESS = "<none>"
PODS_AND_IMAGES = "wherry kubectl get pods -A -o custom-columns=POD:.metadata.name,IMAGE:.spec.containers[*].image"


@click.group()
def command() -> None:
    """Build, import, pull, push, list and remove the images that pods run."""


def open_store(data_dir: DataDir) -> ImageStore:
    """The cluster's images; they can be worked on whether it runs or not."""
    from wherry.cluster.parts import open_images

    return open_images(data_dir)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What goes wrong with images, in a sentence: never a traceback."""
    try:
        yield
    except RuntimeFailure as error:
        raise Trouble(str(error), remedy="wherry doctor says what this machine lacks") from error


def describe(image: ImageStatus, started_s: float) -> None:
    """Say what has been made."""
    names, count = ", ".join(image.tags or image.repo_digests) or NAMELESS, len(image.layers)
    layers = "1 layer" if count == 1 else f"{count} layers"
    progress(f"{names} ({size(image.size_bytes)}, {layers})", (time.monotonic() - started_s) * 1000)
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
    with told():
        data_dir.make()
        image = build_image(open_store(data_dir), directory, tag=tag)
    describe(image, started_s)


@command.command("import")
@click.argument("archive", type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option("-t", "--tag", help="The image's name, instead of the one in the archive.")
@click.pass_obj
def import_(data_dir: DataDir, archive: Path, tag: str | None) -> None:
    """Import an OCI layout (folder or tar) or the output of `docker save`; - reads it from the standard input."""
    from wherry.runtime.images.archive import import_archive

    started_s = time.monotonic()
    if archive == Path("-"):
        if sys.stdin.isatty():
            raise Trouble("nothing comes in", remedy="docker save NAME | wherry image import -", exit_code=2)
        archive = Path("/dev/stdin")
    with told():
        data_dir.make()
        images = import_archive(open_store(data_dir), archive, tag=tag)
    for image in images:
        describe(image, started_s)
        if not image.tags:
            note("   The archive does not say its name; import it with --tag NAME to use it in a pod.")


@command.command("pull")
@click.argument("reference")
@click.pass_obj
def pull(data_dir: DataDir, reference: str) -> None:
    """Fetch REFERENCE from its registry, with the credentials in ~/.docker/config.json."""
    from wherry.cli.registries import pull_image

    started_s = time.monotonic()
    data_dir.make()
    note(f"Fetching {reference}; with Ctrl-C what has come is kept, and the next pull goes on there.")
    image = pull_image(data_dir, reference)
    describe(image, started_s)
    say(f"Next: wherry kubectl run NAME --image={reference}")


@command.command("push")
@click.argument("name")
@click.argument("target", required=False, default="", metavar="[ANOTHER]")
@click.pass_obj
def push(data_dir: DataDir, name: str, target: str) -> None:
    """Bring the image NAME to a registry, under another name if you give one. Its digest stays."""
    from wherry.cli.registries import push_image

    started_s = time.monotonic()
    image = push_image(data_dir, name, target)
    progress(f"{target or name} ({size(image.size_bytes)})", (time.monotonic() - started_s) * 1000)
    say(image.digest)
    say(f"Next: wherry kubectl run NAME --image={target or name}")


@command.command("list")
@output_option
@click.pass_obj
def list_(data_dir: DataDir, output: str | None) -> None:
    """The images on this machine."""
    with told():
        images = open_store(data_dir).list()
    if output is not None:
        data = [{"tags": one.tags, "id": one.id, "digest": one.digest, "sizeBytes": one.size_bytes} for one in images]
        give_data(output, data, [tag for one in images for tag in one.tags or one.repo_digests or (one.id,)])
        return
    if not images:
        say("No images yet.")
        say("Next: wherry image build DIRECTORY")
        return
    rows = [
        (tag, image.id.removeprefix("sha256:")[:12], size(image.size_bytes))
        for image in images
        for tag in image.tags or image.repo_digests or (NAMELESS,)
    ]
    say("There is 1 image on this machine." if len(images) == 1 else f"There are {len(images)} images on this machine.")
    table(("IMAGE", "ID", "SIZE"), sorted(rows))
    say("Next: wherry kubectl create deployment NAME --image=IMAGE")


@command.command("rm")
@click.argument("names", nargs=-1, required=True)
@click.pass_obj
def remove(data_dir: DataDir, names: tuple[str, ...]) -> None:
    """Remove images by name, id or digest; what only they needed is deleted."""
    store = open_store(data_dir)
    for name in names:
        try:
            store.remove_blocking(name)
        except FailedPrecondition as error:
            raise Trouble(str(error), remedy=f"delete its pods first: {PODS_AND_IMAGES}") from error
        except NotFound as error:
            raise Trouble(str(error), remedy="wherry image list shows what is there") from error
        except RuntimeFailure as error:
            raise Trouble(str(error), remedy="wherry doctor says what this machine lacks") from error
        say(f"{name} is removed.")
    say("Next: wherry image list")

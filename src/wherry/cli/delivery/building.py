"""From a commit to an image: git says what it is, the builder makes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wherry.kit.threads import run_in_thread
from wherry.method.delivery.provenance import build_tag, labels_of, named, not_in_commit
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.source import Source, read_source
from wherry.method.project import Project
from wherry.runtime.images.build import ImageFile, Stamp, build_image, copied_paths, read_image_file
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.reference import familiar_name
from wherry.runtime.interface import FailedPrecondition, ImageStatus, NotFound

IMAGE_FILE = "image.toml"
NEWEST = "latest"


@dataclass(frozen=True, slots=True)
class Built:
    """An image and where it came from; `uncommitted` are the files that are in no commit."""

    image: ImageStatus
    source: Source
    repository: str
    uncommitted: tuple[str, ...]


def image_folder(project: Project) -> Path:
    """The folder of a project's image description. Raises CannotDeliver."""
    path = project.root / project.file.image
    if path.name != IMAGE_FILE:
        raise CannotDeliver(
            f'wherry.toml says image = "{project.file.image}", and an image description is called {IMAGE_FILE}',
            f'rename it, or name another folder\'s: image = "images/api/{IMAGE_FILE}"',
            2,
        )
    return path.parent


def image_repository(folder: Path, service: str) -> str:
    """The image's name without a tag: as image.toml has it, else the service's. Raises CannotDeliver."""
    name = _described(folder).name or service
    return familiar_name(name).rpartition(":")[0] or name


async def build(store: ImageStore, folder: Path, service: str, *, allow_dirty: bool) -> Built:
    """Build the image of a folder from its commit. Raises CannotDeliver, also (4) for what is not committed."""
    wanted = _described(folder)
    source = await read_source(folder)
    extra = not_in_commit(source, copied_paths(wanted))
    if extra and not allow_dirty:
        raise CannotDeliver(
            f"there are changes that are in no commit ({named(extra)}), so nobody could build this image again",
            "git add --all && git commit, or take them along knowingly: wherry build --allow-dirty",
            4,
        )
    repository = image_repository(folder, service)
    tags = (build_tag(source, uncommitted=bool(extra)), NEWEST)
    stamp = Stamp(
        labels=labels_of(source, uncommitted=bool(extra)),
        created=source.committed_at,
        names=[f"{repository}:{tag}" for tag in tags],
    )
    image = await run_in_thread(build_image, store, folder, stamp=stamp)
    return Built(image, source, repository, extra)


def _described(folder: Path) -> ImageFile:
    try:
        return read_image_file(folder)
    except NotFound as error:
        raise CannotDeliver(
            f"there is no {IMAGE_FILE} in {folder}, so nobody knows what goes into the image",
            f"write {folder / IMAGE_FILE}; docs/images.md says how",
            2,
        ) from error
    except FailedPrecondition as error:
        raise CannotDeliver(str(error), f"correct {folder / IMAGE_FILE}", 2) from error

"""The image of the service's own database, when its repository makes one: built beside the service's.

It carries no label of a commit: as long as its folder says the same, it is the same image, and a release of new code
leaves the database running as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from wherry.cli.delivery.building import IMAGE_FILE, Built, image_folder
from wherry.kit.threads import run_in_thread
from wherry.method.delivery.provenance import named, not_in_commit
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.source import read_source
from wherry.method.project import Project
from wherry.runtime.images.build import ImageFile, build_image, copied_paths, read_image_file
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import FailedPrecondition, ImageStatus


@dataclass(frozen=True, slots=True)
class BuiltDatabase:
    """The database's image, and whether it was here already, just so."""

    image: ImageStatus
    name: str
    is_unchanged: bool


def database_folder(project: Project) -> Path | None:
    """The folder of the database's image description; None when the repository makes no such image."""
    path = project.root / project.file.database.image
    return path.parent if project.file.database.image and path.is_file() else None


async def build_database(
    store: ImageStore, project: Project, service: Built, *, allow_dirty: bool
) -> BuiltDatabase | None:
    """Build the database's image as its image.toml describes it; None when there is none. Raises CannotDeliver."""
    folder = database_folder(project)
    if folder is None:
        return None
    wanted = _described(folder)
    extra = await _not_in_commit(folder, wanted, project, service)
    if extra and not allow_dirty:
        raise CannotDeliver(
            f"there are changes that are in no commit ({named(extra)}), so nobody could build the database again",
            "git add --all && git commit, or take them along knowingly: wherry build --allow-dirty",
            4,
        )
    before = store.find(wanted.name)
    image = await run_in_thread(build_image, store, folder)
    return BuiltDatabase(image, wanted.name, before is not None and before.digest == image.digest)


def _described(folder: Path) -> ImageFile:
    try:
        wanted = read_image_file(folder)
    except FailedPrecondition as error:
        raise CannotDeliver(str(error), f"correct {folder / IMAGE_FILE}", 2) from error
    if not wanted.name:
        raise CannotDeliver(
            f"{folder / IMAGE_FILE} has no name", f'name = "{folder.parent.name}-db:18", as the manifests call it', 2
        )
    return wanted


async def _not_in_commit(folder: Path, wanted: ImageFile, project: Project, service: Built) -> tuple[str, ...]:
    """What of the database's folder is in no commit; git is asked again only when it has not been asked about it."""
    asked = image_folder(project)
    paths = copied_paths(wanted)
    if not folder.is_relative_to(asked):
        return not_in_commit(await read_source(folder), paths)
    return not_in_commit(service.source, _below(folder.relative_to(asked), paths))


def _below(prefix: Path, paths: Iterable[str]) -> list[str]:
    """The paths as the folder above sees them."""
    return [os.path.normpath(f"{prefix.as_posix()}/{path}") for path in paths]

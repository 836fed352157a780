"""`wherry build`: from a commit to an image that says where it comes from, and to the image of its own database."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import click

from wherry.cli.output import note, progress, say
from wherry.cluster.data_dir import DataDir


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
@click.option("--allow-dirty", is_flag=True, help="Take along what is not committed; the image says so.")
@click.pass_obj
def command(data_dir: DataDir, directory: Path, allow_dirty: bool) -> None:
    """Build the image of DIRECTORY's commit (here, if not named). The same commit gives the same digest.

    The image of the service's own database is built too, when wherry.toml says that the repository makes it.
    """
    from wherry.cli.commands.image import open_store, size
    from wherry.cli.delivery.building import build, image_folder
    from wherry.cli.delivery.database_image import build_database
    from wherry.cli.delivery.stage import project_or_none, told
    from wherry.method.delivery.provenance import SHORT_CHARS, named

    started_s = time.monotonic()
    project = project_or_none(directory)
    with told():
        folder = image_folder(project) if project is not None else directory.absolute()
        service = project.name if project is not None else folder.name
        data_dir.make()
        store = open_store(data_dir)
        built = asyncio.run(build(store, folder, service, allow_dirty=allow_dirty))
        built_s = time.monotonic()
        database = (
            asyncio.run(build_database(store, project, built, allow_dirty=allow_dirty)) if project is not None else None
        )
    image, commit = built.image, built.source.revision[:SHORT_CHARS]
    took_ms = (built_s - started_s) * 1000
    progress(f"{built.repository} from commit {commit} ({size(image.size_bytes)})", took_ms)
    if database is not None:
        what = "unchanged" if database.is_unchanged else size(database.image.size_bytes)
        progress(f"{database.name}, its own database ({what})", (time.monotonic() - built_s) * 1000)
    if built.uncommitted:
        note(f"   With changes that are in no commit ({named(built.uncommitted)}): the image says so.")
    say(image.digest)
    note("Next: wherry release" if project is not None else "Next: write a wherry.toml, and then: wherry release")

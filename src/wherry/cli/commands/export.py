"""`wherry export`: a release as one file that any cluster can be fed from."""

from __future__ import annotations

from pathlib import Path

import click

from wherry.cli.output import note, say
from wherry.cli.where import Where, where_options


@click.command()
@click.argument("release")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@where_options
def command(where: Where, release: str, file: Path) -> None:
    """Write RELEASE, its images and manifests to FILE; the README inside says how to use it."""
    from wherry.cli.commands.image import open_store, size
    from wherry.cli.delivery.carrying import export_release
    from wherry.cli.delivery.run_stage import find_release
    from wherry.cli.delivery.stage import on_clusters, project_or_none
    from wherry.method.delivery.clusters import Clusters

    project, store = project_or_none(), open_store(where.data_dir)

    async def go(clusters: Clusters) -> tuple[str, ...]:
        client, found = await find_release(clusters, project, release, None)
        return await export_release(client, store, found, file)

    missing = on_clusters(where, go)
    say(f"{file} holds {release} ({size(file.stat().st_size)}).")
    if missing:
        note(f"   Not in it, as not on this machine: {', '.join(missing)}")
    note("   It may hold secrets: only you can read it.")
    say(f"Next: wherry import {file}   on another Wherry, or read the README: tar -xOf {file} README.md")

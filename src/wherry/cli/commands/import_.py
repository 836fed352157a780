"""`wherry import`: a release from a file, ready to run here."""

from __future__ import annotations

from pathlib import Path

import click

from wherry.cli.output import say
from wherry.cli.where import Where, where_options


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@where_options
def command(where: Where, file: Path) -> None:
    """Take over the release, images and manifests of FILE, which `wherry export` has written."""
    from wherry.cli.commands.image import open_store
    from wherry.cli.delivery.carrying import import_release
    from wherry.cli.delivery.stage import on_clusters

    where.data_dir.make()
    store = open_store(where.data_dir)
    release, is_new = on_clusters(where, lambda clusters: import_release(clusters.client(), store, file))
    spec = release.spec
    say(f"{release.name} is here{'' if is_new else ' already'}: {spec.service} for {spec.environment}.")
    say(f"Next: wherry run {release.name} --in {spec.environment}")

"""`wherry import`: a release from a file, ready to run here."""

from __future__ import annotations

from pathlib import Path

import click

from wherry.cli.output import say
from wherry.cluster.data_dir import DataDir


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def command(data_dir: DataDir, file: Path) -> None:
    """Take over the release, images and manifests of FILE, which `wherry export` has written."""
    from wherry.cli.commands.image import open_store
    from wherry.cli.delivery.carrying import import_release
    from wherry.cli.delivery.stage import on_clusters

    data_dir.make()
    store = open_store(data_dir)
    release, is_new = on_clusters(data_dir, lambda clusters: import_release(clusters.client(), store, file))
    spec = release.spec
    say(f"{release.name} is here{'' if is_new else ' already'}: {spec.service} for {spec.environment}.")
    say(f"Next: wherry run {release.name} --in {spec.environment}")

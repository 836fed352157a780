"""`wherry push`: a release's images to the registry that its environment takes them from."""

from __future__ import annotations

import click

from wherry.cli.output import note, progress, say
from wherry.cli.where import Where, where_options


@click.command()
@click.argument("release", required=False)
@click.option("--in", "environment", help="Of this environment the newest release, when none is named.")
@where_options
def command(where: Where, release: str | None, environment: str | None) -> None:
    """Bring the images of RELEASE to the registry in wherry.toml. Each digest stays."""
    from wherry.api.method.release import Release
    from wherry.cli.commands.image import open_store
    from wherry.cli.delivery.pushing import Pushed, push_release
    from wherry.cli.delivery.run_stage import find_release
    from wherry.cli.delivery.stage import on_clusters, project_or_none
    from wherry.cli.registries import telling_registries
    from wherry.method.delivery.clusters import Clusters

    project, store = project_or_none(), open_store(where.data_dir)

    async def go(clusters: Clusters) -> tuple[Release, Pushed]:
        _, found = await find_release(clusters, project, release, environment)
        with telling_registries():
            return found, await push_release(store, found, progress)

    found, pushed = on_clusters(where, go)
    count = "1 image" if len(pushed.names) == 1 else f"{len(pushed.names)} images"
    say(f"The registry has {count} of {found.name}.")
    if pushed.missing:
        note(f"   Not on this machine, so not sent: {', '.join(pushed.missing)}")
    say(f"Next: wherry run {found.name} --in {found.spec.environment}")

"""`wherry promote`: what runs in one environment, with the configuration of the next."""

from __future__ import annotations

import time

import click

from wherry.cli.output import note, say
from wherry.cli.where import Where, where_options


@click.command()
@click.argument("origin", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--allow-dirty", is_flag=True, help="Take along configuration that is not committed.")
@click.option("--timeout", "timeout_s", type=float, default=120.0, show_default=True, help="Seconds to wait for it.")
@click.option("--no-verify", is_flag=True, help="Leave the contracts that are due for later.")
@where_options
def command(where: Where, origin: str, target: str, allow_dirty: bool, timeout_s: float, no_verify: bool) -> None:
    """Release the image that runs in FROM with the configuration of TO, and run it there.

    The contracts that are due are tried before, so that the gate knows, and where TO has published some, after.
    """
    from wherry.api.method.release import Release
    from wherry.cli.commands.image import open_store
    from wherry.cli.delivery.before_users import say_users
    from wherry.cli.delivery.promote_stage import promote
    from wherry.cli.delivery.run_stage import next_environment, run_release, say_running
    from wherry.cli.delivery.stage import on_clusters, project_here
    from wherry.cli.delivery.whereabouts import check_before_running
    from wherry.cli.due_trials import try_due
    from wherry.cli.model_publishing import publish_beside
    from wherry.method.delivery.clusters import Clusters

    project = project_here()
    store = open_store(where.data_dir)
    started_s = time.monotonic()

    async def verify(clusters: Clusters, name: str) -> None:
        if not no_verify:
            place = project.environment(name)
            known_ca = clusters.authority(project, place)
            await try_due(project, clusters.client(project, place), place.namespace, known_ca)

    async def go(clusters: Clusters) -> Release:
        await verify(clusters, origin)
        made = await promote(project, clusters, store, origin, target, allow_dirty=allow_dirty)
        word = "is made" if made.is_new else "is there already"
        note(f" {made.release.name} {word}: the image of {origin} with the configuration of {target}.")
        _ = say_users(project, target)
        place = project.environment(target)
        client = clusters.client(project, place)
        if clusters.is_elsewhere(project, place):
            await check_before_running(client, made.release)
        await publish_beside(client, project, place.namespace)
        ran = await run_release(client, made.release, timeout_s=timeout_s)
        await verify(clusters, target)
        return ran

    made = on_clusters(where, go)
    say_running(made, started_s)
    later = next_environment(project.environments, target)
    say(f"Next: wherry promote {target} {later}" if later else "Next: wherry releases")

"""`wherry rollback`: the release before, exactly as it was."""

from __future__ import annotations

import time

import click

from wherry.cli.consent import yes_option
from wherry.cli.output import note, say
from wherry.cli.where import Where, where_options


@click.command()
@click.argument("release", required=False)
@click.option("--in", "environment", help="In which environment; the first one, if not named.")
@click.option("--timeout", "timeout_s", type=float, default=120.0, show_default=True, help="Seconds to wait for it.")
@yes_option
@where_options
def command(where: Where, release: str | None, environment: str | None, timeout_s: float, yes: bool) -> None:
    """Run RELEASE again (the last good one before what runs now, if not named); the database stays as it is."""
    from wherry.api.method.release import Release
    from wherry.cli.delivery.before_users import check_rollback
    from wherry.cli.delivery.run_stage import full_name, place_of, run_release, say_running
    from wherry.cli.delivery.stage import on_clusters, project_here, told
    from wherry.method.delivery.clusters import Clusters
    from wherry.method.delivery.refusal import CannotDeliver
    from wherry.method.delivery.run_plan import current_release, release_before

    project = project_here()
    with told():
        place_name = environment or project.first_environment
    started_s = time.monotonic()

    async def go(clusters: Clusters) -> Release:
        place = await place_of(clusters, project, place_name)
        current = current_release(place.releases)
        if release:
            earlier: Release | None = place.named(full_name(project, release))
        else:
            earlier = release_before(place.releases, current) if current is not None else None
        if earlier is None:
            now = f"{current.name} is the first that runs there" if current is not None else "nothing runs there"
            raise CannotDeliver(f"{place_name} has no release to go back to: {now}", "wherry releases shows all")
        check_rollback(project, earlier, current, yes=yes)
        note(f" Back from {current.name if current is not None else 'nothing'} to {earlier.name}.")
        return await run_release(place.client, earlier, timeout_s=timeout_s, migrate=False)

    made = on_clusters(where, go)
    say_running(made, started_s)
    if made.spec.migrate:
        note("   No migration was run: the database stays as the newer release has left it.")
    say("Next: wherry releases")

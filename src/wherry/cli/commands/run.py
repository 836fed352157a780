"""`wherry run`: exactly what a release says, applied and waited for."""

from __future__ import annotations

import time

import click

from wherry.cli.consent import yes_option
from wherry.cli.output import say
from wherry.cli.where import Where, where_options


@click.command()
@click.argument("release", required=False)
@click.option("--in", "environment", help="In which environment; the release's own, or the first one, if not named.")
@click.option("--timeout", "timeout_s", type=float, default=120.0, show_default=True, help="Seconds to wait for it.")
@click.option("--no-verify", is_flag=True, help="Leave the contracts that are due for later.")
@yes_option
@where_options
def command(
    where: Where, release: str | None, environment: str | None, timeout_s: float, no_verify: bool, yes: bool
) -> None:
    """Run RELEASE (the newest one, if not named), wait until it is ready, and try the contracts that are due."""
    from wherry.api.method.release import Release
    from wherry.cli.delivery.before_users import check_run
    from wherry.cli.delivery.run_stage import (
        environment_of,
        find_release,
        next_environment,
        run_release,
        say_running,
    )
    from wherry.cli.delivery.stage import on_clusters, project_or_none
    from wherry.cli.delivery.whereabouts import check_before_running
    from wherry.cli.due_trials import try_due
    from wherry.method.delivery.clusters import Clusters

    project = project_or_none()
    started_s = time.monotonic()

    async def run(clusters: Clusters) -> Release:
        client, found = await find_release(clusters, project, release, environment)
        if project is not None:
            await check_run(project, clusters, client, found, yes=yes)
        if clusters.is_elsewhere(project, environment_of(project, found)):
            await check_before_running(client, found)
        ran = await run_release(client, found, timeout_s=timeout_s)
        if project is not None and not no_verify:
            known_ca = clusters.authority(project, project.environment(ran.spec.environment))
            await try_due(project, client, ran.metadata.namespace, known_ca)
        return ran

    made = on_clusters(where, run)
    say_running(made, started_s)
    here = made.spec.environment
    later = next_environment(project.environments, here) if project is not None else ""
    say(f"Next: wherry promote {here} {later}" if later else "Next: wherry releases")

"""`wherry releases`: the ledger, over all environments."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from wherry.cli.look import FORMS, give_data
from wherry.cli.output import note, printable, say, table
from wherry.cli.where import Where, where_options

if TYPE_CHECKING:
    from wherry.api.method.release import Release
    from wherry.method.project import Project

SHORT_CHARS = 12


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Choice(FORMS),
    default="table",
    help="For people or programs.",
)
@where_options
def command(where: Where, output: str) -> None:
    """All releases of this project, or outside of one those of the whole cluster; the newest first."""
    from wherry.api.method.release import RUNNING
    from wherry.apimachinery.timestamps import age_since
    from wherry.cli.delivery.run_stage import environment_of, releases_elsewhere
    from wherry.cli.delivery.stage import on_clusters, project_or_none
    from wherry.cli.delivery.whereabouts import say_if_it_can_be_changed
    from wherry.method.delivery.clusters import Clusters
    from wherry.method.delivery.ledger import list_releases, short

    project = project_or_none()

    async def read(clusters: Clusters) -> list[Release]:
        found = await read_all(clusters)
        if output == "table" and found and project is not None:
            newest = max(found, key=lambda one: one.spec.number)
            place = environment_of(project, newest)
            await say_if_it_can_be_changed(clusters.client(project, place), newest)
        return found

    async def read_all(clusters: Clusters) -> list[Release]:
        if project is None:
            return await list_releases(clusters.client())
        first = project.environment(project.first_environment)
        found = await list_releases(clusters.client(project, first), project.name, project.namespaces)
        elsewhere, _ = await releases_elsewhere(
            clusters, project, project.first_environment, "its releases are missing"
        )
        return found + elsewhere

    found = sorted(on_clusters(where, read), key=lambda one: (one.spec.service, -one.spec.number))
    if output != "table":
        give_data(output, found, [f"release/{one.name}" for one in found])
        return
    running = [one for one in found if one.status.state == RUNNING]
    whose = project.name if project is not None else "this cluster"
    if not found:
        say(f"There is no release of {whose} yet.")
        say("Next: wherry build, and then: wherry release")
        return
    now_s = time.time()
    say(f"{whose} has {len(found)} release{'s' * (len(found) != 1)}; {len(running)} of them run.")
    rows = [
        (
            one.name,
            one.spec.environment,
            one.status.state or "never run",
            age_since(one.status.running_since, now_s) if one.status.running_since else "",
            one.status.by or one.spec.by,
            one.spec.revision[:SHORT_CHARS] + "+" * one.spec.uncommitted,
            short(one.spec.digest),
        )
        for one in found
    ]
    header = ("RELEASE", "ENVIRONMENT", "STATE", "SINCE", "BY", "COMMIT", "IMAGE")
    table(header, [tuple(printable(cell) for cell in row) for row in rows])
    if any(one.spec.uncommitted for one in found):
        note("+ from uncommitted code")
    say(f"Next: {following(project, found, running)}")


def following(project: Project | None, found: Sequence[Release], running: Sequence[Release]) -> str:
    """Where a service's release can go from here: into the next environment, or, everywhere, to those who look."""
    if not running:
        return f"wherry run {found[0].name}"
    environments = list(project.environments) if project is not None else []
    reached = [environments.index(one.spec.environment) for one in running if one.spec.environment in environments]
    furthest = max(reached, default=len(environments))
    if furthest + 1 < len(environments):
        return f"wherry promote {environments[furthest]} {environments[furthest + 1]}"
    return "wherry done" if project is not None else "wherry picture"

"""A demonstration of one's own service: a journey is played, and each hop is told."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass

from wherry.api.method.timebox import RecordedPlay
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.timestamps import format_time
from wherry.cli.delivery.stage import on_clusters, project_here
from wherry.cli.output import Trouble, note, printable, say, table
from wherry.cli.where import Where
from wherry.client.client import Client
from wherry.kit.clock import SystemClock
from wherry.method.delivery.clusters import Clusters
from wherry.method.journey.places import Place, places_behind
from wherry.method.journey.play import Play, play
from wherry.method.journey.proxy import service_calls
from wherry.method.journey.script import Journey, JourneyError, read_journey
from wherry.method.journey.telling import headline, hops, step_rows, why_not
from wherry.method.project import NotAProject, Project
from wherry.method.timebox.clock import read_timebox
from wherry.method.timebox.keeping import add_play, keep_timebox


@dataclass(frozen=True, slots=True)
class Shown:
    """A play, and where it took place."""

    play: Play
    api: list[Place]
    database: list[Place]


def play_journey(cluster: Where, name: str | None, environment: str | None) -> None:
    """Play a journey of the project in this folder. Raises Trouble when it does not end as told."""
    project = project_here()
    where = environment or project.environments[0]
    try:
        journey = read_journey(project.root, name or project.file.journey or "do-x")
        namespace = project.environment(where).namespace
    except JourneyError as error:
        raise Trouble(str(error), remedy="wherry demo NAME --in ENVIRONMENT", exit_code=2) from error
    except NotAProject as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=2) from error

    async def show(clusters: Clusters) -> Shown:
        client = clusters.client(project, project.environment(where))
        return await _show(client, project, where, namespace, journey)

    _tell(on_clusters(cluster, show), project.name, where, namespace)


async def _show(client: Client, project: Project, environment: str, namespace: str, journey: Journey) -> Shown:
    api = await places_behind(client, namespace, project.name)
    if not api:
        raise Trouble(
            f"{project.name} does not run in {environment}: no pod of it is ready in the namespace {namespace}",
            remedy=f"wherry release --env {environment} && wherry run --in {environment}",
        )
    calls = await service_calls(client, namespace, project.name)
    played = await play(journey, calls, SystemClock(), secrets.token_hex(4))
    database = await places_behind(client, namespace, f"{project.name}-db")
    if played.went_as_told:
        await _record(client, project, environment, played, api)
    return Shown(played, api, database)


async def _record(client: Client, project: Project, environment: str, played: Play, api: list[Place]) -> None:
    timebox = read_timebox(project.root)
    if timebox is None:
        return
    read = played.last_read
    record = RecordedPlay(
        journey=played.journey.journey,
        environment=environment,
        at=format_time(int(time.time())),
        release=api[0].release,
        reads="" if read is None else read.call.partition(" ")[2],
        answer="" if read is None else json.dumps(read.answer),
    )
    try:
        _ = await keep_timebox(client, timebox, project.file.team)
        await add_play(client, project.name, record)
    except StatusError as error:
        note(f"   The timebox could not be told: {error.message}")


def _tell(shown: Shown, service: str, environment: str, namespace: str) -> None:
    say(headline(shown.play, service, environment))
    table(("STEP", "CALL", "ANSWER", "TOOK"), step_rows(shown.play))
    if failed := why_not(shown.play):
        raise Trouble(printable(failed), remedy=f"wherry logs deployment/{service} -n {namespace}")
    for line in hops(shown.play, service, shown.api, shown.database):
        say(line)
    say("Next: wherry timebox")

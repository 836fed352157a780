"""`wherry timebox`: how far the walking skeleton is, ticked by evidence, and how much time is left."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from wherry.cli.look import give_data, output_option
from wherry.cli.output import Trouble, cross, note, printable, say, table, tick
from wherry.cli.structured import timebox_document
from wherry.cli.where import Where, where_options

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.cluster.data_dir import DataDir
    from wherry.method.delivery.clusters import Clusters
    from wherry.method.project import Project
    from wherry.method.timebox.clock import Timebox
    from wherry.method.timebox.ticks import Facts, Tick

ONCE = ("healed", "demo")
"""Items that have happened, and stay true though their traces in the cluster fade."""


@click.command()
@click.option(
    "--backlog", type=click.Choice(("md", "csv", "json")), help="What is left, as backlog items with criteria."
)
@click.option("--ideas", is_flag=True, help="Which idea each item teaches, and how to get there.")
@output_option
@where_options
def command(where: Where, backlog: str | None, ideas: bool, output: str | None) -> None:
    """How far is the walking skeleton in this folder? Exit code 0 means that all of it is done.

    For programs (-o json): `service`, `sentence`, `startedAt`, `lengthSeconds`, `leftSeconds`, `done`, `total`,
    `items` and `next`.
    """
    from wherry.cli.delivery.stage import project_here
    from wherry.method.backlog import FORMATS
    from wherry.method.timebox.clock import read_timebox
    from wherry.method.timebox.ticks import backlog as backlog_of
    from wherry.method.timebox.ticks import tick_off

    if backlog is not None and output is not None:
        raise click.UsageError("--backlog md, csv or json is an answer by itself: leave out -o")
    project = project_here()
    timebox = read_timebox(project.root)
    ticks = tick_off(_look(where, project, timebox))
    if backlog is not None:
        say(FORMATS[backlog](f"What is left of the walking skeleton of {project.name}", backlog_of(ticks)).rstrip())
        return
    if output is None:
        _tell(project.name, timebox, ticks, ideas=ideas)
    else:
        names = (entry.item.name for entry in ticks)
        give_data(output, timebox_document(project.name, timebox, ticks, time.time()), names)
    if not all(entry.is_done for entry in ticks):
        raise SystemExit(1)


def _look(where: Where, project: Project, timebox: Timebox | None) -> Facts:
    from wherry.cli.delivery.stage import on_clusters
    from wherry.method.timebox.gathering import look_at_repository

    facts = replace(asyncio.run(look_at_repository(project)), images=_images(where.data_dir, project))

    async def look(clusters: Clusters) -> Facts:
        return await _look_at_clusters(clusters, project, timebox, facts)

    try:
        return on_clusters(where, look)
    except Trouble as error:
        note(f"   The cluster could not be asked, so what it knows is open here: {error.message}")
        return facts


async def _look_at_clusters(clusters: Clusters, project: Project, timebox: Timebox | None, facts: Facts) -> Facts:
    from wherry.apimachinery.errors import StatusError
    from wherry.method.timebox.gathering import Stage, look_at_clusters
    from wherry.method.timebox.keeping import keep_timebox
    from wherry.method.timebox.ticks import tick_off

    stages = [
        Stage(name, project.environment(name).namespace, clusters.client(project, project.environment(name)))
        for name in project.environments
    ]
    kept = None
    if timebox is not None:
        try:
            kept = await keep_timebox(stages[0].client, timebox, project.file.team)
        except StatusError as error:
            note(f"   The timebox could not be kept on the cluster: {error.message}")
    plays = kept.status.plays if kept is not None else ()
    seen = {entry.item: entry.evidence for entry in kept.status.seen} if kept is not None else {}
    facts = await look_at_clusters(facts, project, stages, plays, seen)
    if kept is not None:
        await _note(stages[0].client, project.name, tick_off(facts))
    return facts


async def _note(client: Client, service: str, ticks: list[Tick]) -> None:
    from wherry.api.method.timebox import Seen
    from wherry.apimachinery.timestamps import format_time
    from wherry.method.timebox.keeping import note_ticks

    now = format_time(int(time.time()))
    once = [entry for entry in ticks if entry.is_done and entry.item.name in ONCE]
    seen = [Seen(item=entry.item.name, at=now, evidence=entry.evidence) for entry in once]
    open_ = [entry.item.title for entry in ticks if not entry.is_done]
    await note_ticks(client, service, len(ticks) - len(open_), open_, seen)


def _images(data_dir: DataDir, project: Project) -> tuple[str, ...]:
    """The images on this machine that are the service's own and say from which commit they are."""
    from wherry.cluster.parts import open_images
    from wherry.method.delivery.provenance import REVISION
    from wherry.runtime.interface import RuntimeFailure

    if not data_dir.images.is_dir():
        return ()
    prefixes = (f"{project.name}:", f"docker.io/library/{project.name}:")
    try:
        images = [image for image in open_images(data_dir).list() if image.config.labels.get(REVISION)]
    except (OSError, RuntimeFailure):
        # Root's, perhaps: then the releases say that it was built.
        return ()
    own = (next((tag for tag in image.tags if tag.startswith(prefixes)), "") for image in images)
    return tuple(sorted(tag for tag in own if tag))


def _tell(service: str, timebox: Timebox | None, ticks: list[Tick], *, ideas: bool) -> None:
    from wherry.method.timebox.words import next_words, timebox_words

    now_s = time.time()
    for line in timebox_words(service, timebox, ticks, now_s):
        say(line)
    rows = []
    for entry in ticks:
        mark = tick() if entry.is_done else cross()
        what = printable(entry.evidence) if entry.is_done else f"open: {entry.how}"
        rows.append((mark, entry.item.title, what, *((entry.item.idea,) if ideas else ())))
    table(("", "ITEM", "EVIDENCE", *(("IDEA",) if ideas else ())), rows)
    say(f"Next: {next_words(timebox, ticks, now_s)}")

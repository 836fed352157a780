"""`wherry contract verify`, `schedule` and `nightly`: whether the running service gives what others need."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.contract_actor import desk, desk_options
from wherry.cli.contract_words import say_next, show_rows, understood
from wherry.cli.output import say
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.method.contracts.acting import Actor
    from wherry.method.contracts.catalogue import Entry
    from wherry.method.contracts.state import State


@click.command("verify")
@click.argument("contract", required=False, default="")
@click.option(
    "--twin",
    is_flag=False,
    flag_value="new",
    default="",
    help="Try it on a twin, where everything may change: one that is made for this, or the one in this namespace.",
)
@click.option("--base", default="", help="What stands before every path at the running service: /v1.")
@click.option("--deep", is_flag=True, help="Ask everything that the promise allows, too; it changes no answer.")
@desk_options
@click.pass_context
def verify(
    ctx: click.Context,
    contract: str,
    twin: str,
    base: str,
    deep: bool,
    project: Path,
    environment: str | None,
    kubeconfig: Path | None,
) -> None:
    """Try what CONTRACT needs (or all contracts of the service) on the running service; 1 when it does not hold."""
    from wherry.cli.contract_absent import found_or_absent, side_of
    from wherry.cli.contract_showing import show_deep
    from wherry.cli.termination import TERMINATED
    from wherry.cli.verifying import Tried, Verifying

    place = desk(ctx.obj, project, environment, kubeconfig)
    verifying = Verifying(place.project, contract, twin, base, deep, place.kubectl_options)
    side = side_of(place.project)

    async def act(actor: Actor) -> list[Tried]:
        return await found_or_absent(verifying.go(actor), actor, contract, "verify", side)

    try:
        tried = place.act(act)
    except asyncio.CancelledError:
        ctx.exit(TERMINATED)
    for one in tried:
        passed = sum(outcome.result == "Passed" for outcome in one.outcomes)
        say(f"{one.contract}: {one.result}. {passed} of {len(one.outcomes)} requests got what they need.")
    rows = [(one.contract, outcome.name, outcome.result, outcome.message) for one in tried for outcome in one.outcomes]
    show_rows(("CONTRACT", "REQUEST", "RESULT", "WHY"), rows)
    for one in tried:
        show_deep(one)
    is_untried = any(outcome.result == "NotTried" for one in tried for outcome in one.outcomes)
    say_next("wherry contract verify --twin     (in the provider's folder)" if is_untried and not twin
             else "wherry contract list")  # fmt: skip
    ctx.exit(0 if all(one.result == "Passed" for one in tried) else 1)


@click.command("schedule")
@click.option("--at", default="02:30", show_default=True, metavar="HH:MM", help="When, by the cluster's clock.")
@click.option("--image", default="", help="An image with Wherry in it; without it, one of this machine's Python.")
@click.option("--stop", is_flag=True, help="No trial any more at night.")
@desk_options
@click.pass_obj
def schedule(
    data_dir: DataDir, at: str, image: str, stop: bool, project: Path, environment: str | None, kubeconfig: Path | None
) -> None:
    """Try the needs on the service every night, by a CronJob of the cluster."""
    from wherry.cli.due_trials import needs_on, note_nights
    from wherry.cli.trials_image import build_trials_image
    from wherry.method.contracts.catalogue import NothingPublished
    from wherry.method.contracts.nightly import IMAGE, nightly_objects, object_name, put_nightly, take_nightly
    from wherry.method.project import FILE_NAME

    place = desk(data_dir, project, environment, kubeconfig)
    name, namespace = place.project.name, place.environment.namespace
    if stop:
        gone = place.act(lambda actor: take_nightly(actor.client, namespace, name))
        say(f"{name} has no trial at night any more." if gone else f"{name} has no trial at night.")
        say_next("wherry contract verify" if gone else "wherry contract schedule")
        return
    where = (environment or place.project.first_environment, place.environment)
    text = (place.project.root / FILE_NAME).read_text(encoding="utf-8")
    objects = understood(lambda: nightly_objects(name, text, where, at, image or IMAGE))
    if not image:
        build_trials_image(data_dir, kubeconfig)

    async def act(actor: Actor) -> list[tuple[Entry, State]]:
        await put_nightly(actor.client, namespace, objects)
        try:
            return await needs_on(place.project, actor)
        except NothingPublished:
            return []

    found = place.act(act)
    say(f"The needs on {name} are tried every night at {at}, with what changes nothing.")
    note_nights(found)
    cron = object_name(name)
    say_next(f"kubectl -n {namespace} create job --from=cronjob/{cron} {cron}-now     (at once)")


@click.command("nightly", hidden=True)
@desk_options
@click.pass_context
def nightly(ctx: click.Context, project: Path, environment: str | None, kubeconfig: Path | None) -> None:
    """What the CronJob runs: a trial of all needs on the service; 1 when one does not get what it needs."""
    from wherry.cli.due_trials import needs_on, note_nights
    from wherry.cli.verifying import Tried, Verifying

    place = desk(ctx.obj, project, environment, kubeconfig)

    async def act(actor: Actor) -> list[Tried]:
        found = await needs_on(place.project, actor)
        note_nights(found)
        return await Verifying(place.project, "", "").these(actor, [entry for entry, _ in found])

    tried = place.act(act)
    if not tried:
        say(f"Nobody needs {place.project.name}, so nothing was tried.")
    for one in tried:
        passed = sum(outcome.result == "Passed" for outcome in one.outcomes)
        say(f"{one.contract}: {one.result}. {passed} of {len(one.outcomes)} requests got what they need.")
    ctx.exit(1 if any(one.result == "Failed" for one in tried) else 0)

"""`wherry contract setup`, `expose` and `propose`: what a service promises and needs, for everybody to see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.contract_actor import Desk, desk, desk_anywhere, desk_options
from wherry.cli.contract_files import needs_of
from wherry.cli.contract_words import say_next, understood
from wherry.cli.output import Trouble, note, say
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.api.method.agreement import Agreement
    from wherry.api.method.api import Api
    from wherry.method.contracts.acting import Actor


@click.command("setup")
@desk_options
@click.pass_obj
def setup(data_dir: DataDir, project: Path, environment: str | None, kubeconfig: Path | None) -> None:
    """Let a cluster hold contracts, releases and proofs; once, by somebody who administers it."""
    from wherry.method.set_up import set_up

    place = desk_anywhere(data_dir, project, environment, kubeconfig)
    place.act(lambda actor: set_up(actor.client))
    say("The cluster holds contracts, releases and proofs now, and whoever may sign in may read the contracts.")
    say_next("wherry contract expose" + ("" if place.project.name else "     (in the folder of a service)"))


@click.command("expose")
@desk_options
@click.pass_obj
def expose(data_dir: DataDir, project: Path, environment: str | None, kubeconfig: Path | None) -> None:
    """Publish what the service promises, and look whether it serves just that."""
    from wherry.cli.due_trials import try_published
    from wherry.cli.model_publishing import publish_beside
    from wherry.method.contracts.acting import expose as expose_api
    from wherry.method.contracts.sources import provided

    place = desk(data_dir, project, environment, kubeconfig)
    promise = understood(lambda: provided(place.project))
    people = people_of(place)

    async def act(actor: Actor) -> tuple[Api, str | None]:
        made = await expose_api(actor, place.project, promise, people)
        await publish_beside(actor.client, place.project, actor.namespace)
        await try_published(place.project, actor)
        return made

    api, served = place.act(act)
    name = place.project.name
    count = len(promise.api.operations)
    say(f"{name} promises {count} operation{'' if count == 1 else 's'} to everybody.")
    if served is None:
        note(
            f"   {name} could not be asked for its contract at {api.spec.served_at} (yet): nobody has seen it serve it."
        )
    elif not served:
        note(f"   {name} does not serve its contract at {api.spec.served_at} (yet): it is not exposed by the service.")
    elif served != api.spec.digest:
        note(f"   {name} serves another contract at {api.spec.served_at} than this one.")
    say_next("wherry contract list")


@click.command("propose")
@click.option("--provider-namespace", default="", help="Where the provider has published its promise.")
@desk_options
@click.pass_obj
def propose(
    data_dir: DataDir, provider_namespace: str, project: Path, environment: str | None, kubeconfig: Path | None
) -> None:
    """Publish what the service needs of others (contracts/needs), and open a contract for each."""
    from wherry.cli.due_trials import try_published
    from wherry.cli.model_publishing import publish_beside
    from wherry.method.contracts.acting import propose as propose_need

    place = desk(data_dir, project, environment, kubeconfig)
    needs = needs_of(place.project)
    people = people_of(place)

    async def act(actor: Actor) -> list[Agreement]:
        made = [await propose_need(actor, place.project, need, people, provider_namespace) for need in needs]
        await publish_beside(actor.client, place.project, actor.namespace)
        await try_published(place.project, actor)
        return made

    for need, made in zip(needs, place.act(act), strict=True):
        count = len(need.wishes)
        what = f"{count} kind{'' if count == 1 else 's'} of request"
        say(f"{made.metadata.name}: {need.consumer} sends {need.provider} {what}.")
    say_next("wherry contract agree")


def people_of(place: Desk) -> tuple[str, ...]:
    """Who may sign for the project's team."""
    from wherry.method.contracts.parties import read_parties
    from wherry.method.contracts.sources import PARTIES

    team = place.project.file.team or place.project.name
    people = understood(lambda: read_parties(place.project.root / PARTIES)).people(team)
    if not people:
        raise Trouble(
            f"{PARTIES} does not say who may sign for {team}", remedy=f"write there: {team}: [ana]", exit_code=2
        )
    return people

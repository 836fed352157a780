"""`wherry contract agree`, `comment` and `withdraw`: what two teams say to each other about a contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.contract_actor import desk, desk_options
from wherry.cli.contract_words import following, say_next
from wherry.cli.output import Trouble, note, say
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.method.contracts.acting import Actor
    from wherry.method.contracts.catalogue import Entry
    from wherry.method.contracts.state import State


@click.command("agree")
@click.argument("contract", required=False, default="")
@desk_options
@click.pass_obj
def agree(data_dir: DataDir, contract: str, project: Path, environment: str | None, kubeconfig: Path | None) -> None:
    """Sign, for the service's team, what both sides of CONTRACT say now (of all its contracts, if none is named)."""
    from wherry.cli.contract_absent import found_or_absent, side_of
    from wherry.cli.contract_talk import note_open
    from wherry.method.contracts.acting import agree as sign
    from wherry.method.contracts.acting import entries

    place = desk(data_dir, project, environment, kubeconfig)
    side = side_of(place.project)

    async def act(actor: Actor) -> list[tuple[Entry, State, bool]]:
        spaces = (actor.namespace,)
        looked = entries(actor, service=place.project.name, only=contract, spaces=spaces, skipped=note)
        found = await found_or_absent(looked, actor, contract, "agree", side)
        broken = [(entry, state) for entry, state in found if not state.condition("Explicit").holds]
        if broken:
            entry, state = broken[0]
            raise Trouble(
                f"{entry.agreement.metadata.name} does not fit, so there is nothing to agree to: {state.why}",
                remedy="change the need or the promise first: wherry contract list",
            )
        new = set()
        for entry, _ in found:
            note_open(entry)
            if await sign(actor, place.project, entry) is not None:
                new.add(entry.agreement.metadata.name)
        after = await entries(actor, service=place.project.name, only=contract, spaces=spaces, skipped=note)
        return [(entry, state, entry.agreement.metadata.name in new) for entry, state in after]

    signed = place.act(act)
    for entry, state, is_new in signed:
        name = entry.agreement.metadata.name
        say(
            f"Signed {name}: it is {state.word} now."
            if is_new
            else f"You have signed {name} already: it is {state.word}."
        )
        if not state.condition("Agreed").holds:
            say(f"   {state.condition('Agreed').why}")
    lacking = next((entry for entry, state, _ in signed if not state.condition("Agreed").holds), None)
    if lacking is not None:
        facts = lacking.facts
        other = facts.consumer if facts.provider.service == place.project.name else facts.provider
        say_next(f"wherry contract agree     (by the team of {other.service}, in its folder)")
    else:
        say_next(following([(entry, state) for entry, state, _ in signed]))


@click.command("comment")
@click.argument("contract")
@click.argument("text")
@click.option("--about", default="", metavar="PLACE", help='The operation, and a field of it: "GET /orders price".')
@click.option(
    "--on",
    type=click.Choice(("contract", "promise", "need")),
    default="contract",
    show_default=True,
    help="What of it: the whole, what the provider promises, or what the consumer needs.",
)
@desk_options
@click.pass_obj
def comment(
    data_dir: DataDir,
    contract: str,
    text: str,
    about: str,
    on: str,
    project: Path,
    environment: str | None,
    kubeconfig: Path | None,
) -> None:
    """Say TEXT about CONTRACT to both parties (or about the promise of a service, named CONTRACT)."""
    from wherry.cli.contract_absent import side_of
    from wherry.cli.contract_talk import Comment

    place = desk(data_dir, project, environment, kubeconfig)
    say(place.act(Comment(contract, text, about, on, side_of(place.project)).go))
    say_next(f"wherry contract show {contract}")


@click.command("withdraw")
@click.argument("contract")
@click.argument("comment")
@desk_options
@click.pass_obj
def withdraw(
    data_dir: DataDir, contract: str, comment: str, project: Path, environment: str | None, kubeconfig: Path | None
) -> None:
    """Take COMMENT on CONTRACT back, which you have written."""
    from wherry.cli.contract_absent import side_of
    from wherry.cli.contract_talk import Withdrawal

    place = desk(data_dir, project, environment, kubeconfig)
    say(place.act(Withdrawal(contract, comment, side_of(place.project)).go))
    say_next(f"wherry contract show {contract}")

"""`wherry contract ...`: what services promise each other. How contracts stand is here, the rest in its own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.contract_actor import act_as, chosen_place, desk_options, desk_or_none
from wherry.cli.contract_agreeing import agree, comment, withdraw
from wherry.cli.contract_files import diff, pact
from wherry.cli.contract_publishing import expose, propose, setup
from wherry.cli.contract_traffic import stand_in, unspoken
from wherry.cli.contract_trying import nightly, schedule, verify
from wherry.cli.contract_words import following, say_next, show_rows
from wherry.cli.look import FORMS, give_data
from wherry.cli.output import note, say

if TYPE_CHECKING:
    from wherry.method.contracts.acting import Actor
    from wherry.method.contracts.catalogue import Entry
    from wherry.method.contracts.state import State


@click.group()
def command() -> None:
    """Contracts between services: compare, propose, expose, agree and verify them."""


PUBLISHING = (setup, expose, propose)
AGREEING = (agree, comment, withdraw)
TRYING = (verify, schedule, nightly)
WITHOUT = (diff, pact, unspoken, stand_in)
for one in (*PUBLISHING, *AGREEING, *TRYING, *WITHOUT):
    command.add_command(one)


@command.command("show")
@click.argument("contract")
@click.option("-o", "--output", type=click.Choice(FORMS), default="table", show_default=True)
@desk_options
@click.pass_context
def show(
    ctx: click.Context, contract: str, output: str, project: Path, environment: str | None, kubeconfig: Path | None
) -> None:
    """One contract with its parties, what holds and what people say about it; 1 when it is broken.

    CONTRACT may be a service: then it shows what people say about its promise.
    """
    from wherry.cli.contract_absent import side_of
    from wherry.cli.contract_showing import Meant, Shown, find, show_contract, show_promise, shown_as_json

    place = desk_or_none(ctx.obj, project, environment, kubeconfig)
    meant = Meant("show", side_of(place.project) if place is not None and place.project.name else None)

    async def act(actor: Actor) -> Shown:
        return await find(actor, contract, meant)

    found = place.act(act) if place is not None else act_as(ctx.obj, kubeconfig, "", "", act)
    if output != "table":
        give_data(output, [shown_as_json(found)], [found.reference])
    elif found.entry is None or found.state is None:
        show_promise(found)
        say_next(f'wherry contract comment {contract} "..."')
    else:
        show_contract(found.entry, found.state)
        say_next(following([(found.entry, found.state)]))
    ctx.exit(1 if found.state is not None and found.state.word == "Broken" else 0)


@command.command("list")
@click.argument("service", required=False, default="")
@click.option("--all", "all_", is_flag=True, help="The contracts of all services.")
@click.option("-o", "--output", type=click.Choice(FORMS), default="table", show_default=True)
@desk_options
@click.pass_context
def list_(
    ctx: click.Context,
    service: str,
    all_: bool,
    output: str,
    project: Path,
    environment: str | None,
    kubeconfig: Path | None,
) -> None:
    """How the contracts of SERVICE stand; 1 when one is broken.

    Without SERVICE it is the one of this folder; outside of a service's folder it is the contracts of all services.
    """
    from wherry.cli.contract_absent import Names, first_step, near_names, read_names, side_of
    from wherry.cli.contract_showing import contract_as_json, contracts_sentence, verified_word
    from wherry.method.contracts.acting import entries
    from wherry.method.contracts.catalogue import NothingPublished
    from wherry.method.contracts.comments import open_remarks

    place = desk_or_none(ctx.obj, project, environment, kubeconfig)
    own = place.project if place is not None and not all_ and not service else None
    name, spaces = (own.name, own.namespaces) if own is not None else (service, ())

    async def act(actor: Actor) -> tuple[list[tuple[Entry, State]], Names]:
        try:
            found = await entries(actor, service=name, spaces=spaces, skipped=note)
        except NothingPublished:
            return [], Names()
        return found, Names() if found else await read_names(actor)

    found, names = place.act(act) if place is not None else act_as(ctx.obj, *chosen_place(ctx.obj, kubeconfig), "", act)
    broken = [state for _, state in found if state.word == "Broken"]
    if output != "table":
        references = [f"agreement/{entry.agreement.metadata.name}" for entry, _ in found]
        give_data(output, [contract_as_json(entry, state) for entry, state in found], references)
    else:
        say(contracts_sentence(name, found))
        show_rows(
            ("NAME", "CONSUMER", "PROVIDER", "STATE", "AGREED", "VERIFIED", "OPEN COMMENTS", "WHY"),
            [
                (
                    entry.agreement.metadata.name,
                    entry.agreement.spec.consumer,
                    entry.agreement.spec.provider,
                    state.word,
                    "yes" if state.condition("Agreed").holds else "no",
                    verified_word(entry, state),
                    str(len(open_remarks(entry.remarks))),
                    state.why,
                )
                for entry, state in found
            ],
        )
        near = near_names(service, names.promised) if service and not found else []
        begin = f"wherry contract list {near[0]}" if near else first_step(side_of(own) if own else None, names)
        say_next(following(found) if found else begin)
    ctx.exit(1 if broken else 0)

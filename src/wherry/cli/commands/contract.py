"""`wherry contract ...`: what services promise each other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.contract_actor import Desk, act_as, chosen_place, desk, desk_anywhere, desk_options, desk_or_none
from wherry.cli.contract_words import LEVELS, project_in, project_option, say_next, show_rows, understood
from wherry.cli.look import FORMS, give_data
from wherry.cli.output import Trouble, note, say
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.api.method.agreement import Agreement
    from wherry.api.method.api import Api
    from wherry.method.contracts.acting import Actor
    from wherry.method.contracts.catalogue import Entry
    from wherry.method.contracts.need import Need
    from wherry.method.contracts.state import State
    from wherry.method.project import Project


@click.group()
def command() -> None:
    """Contracts between services: compare, propose, expose, agree and verify them."""


@command.command("diff")
@click.argument("old", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--all", "all_", is_flag=True, help="Show what keeps the promise too.")
@click.pass_context
def diff(ctx: click.Context, old: Path, new: Path, all_: bool) -> None:
    """Say what changes from one version of a contract to another; 1 when a promise breaks."""
    from wherry.method.contracts.api import read_api
    from wherry.method.contracts.changes import compare
    from wherry.method.contracts.reading import read_file

    findings = understood(lambda: compare(read_api(read_file(old)), read_api(read_file(new))))
    broken = [one for one in findings if one.level == "breaking"]
    if not findings:
        say(f"{new} says what {old} says.")
        say_next("wherry contract list")
        return
    verb, where = "breaks" if len(broken) == 1 else "break", f"from {old} to {new}"
    if broken:
        say(f"{len(broken)} of {len(findings)} changes {where} {verb} a promise.")
    else:
        say(f"{len(findings)} change{'' if len(findings) == 1 else 's'} {where}, and no promise breaks.")
    order = list(LEVELS)
    shown = sorted((one for one in findings if all_ or one.level != "info"), key=lambda one: order.index(one.level))
    show_rows(("CHANGE", "RULE", "MEANS"), [(one.sentence, one.rule, LEVELS[one.level]) for one in shown])
    say_next("wherry breaks     (whom would it hurt?)" if broken else "wherry contract expose")
    ctx.exit(1 if broken else 0)


@command.command("setup")
@desk_options
@click.pass_obj
def setup(data_dir: DataDir, project: Path, environment: str | None, kubeconfig: Path | None) -> None:
    """Let a cluster hold contracts, releases and proofs; once, by somebody who administers it."""
    from wherry.method.set_up import set_up

    place = desk_anywhere(data_dir, project, environment, kubeconfig)
    place.act(lambda actor: set_up(actor.client))
    say("The cluster holds contracts, releases and proofs now, and whoever may sign in may read the contracts.")
    say_next("wherry contract expose" + ("" if place.project.name else "     (in the folder of a service)"))


@command.command("expose")
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
    people = _people(place)

    async def act(actor: Actor) -> tuple[Api, str]:
        made = await expose_api(actor, place.project, promise, people)
        await publish_beside(actor.client, place.project, actor.namespace)
        await try_published(place.project, actor)
        return made

    api, served = place.act(act)
    name = place.project.name
    count = len(promise.api.operations)
    say(f"{name} promises {count} operation{'' if count == 1 else 's'} to everybody.")
    if not served:
        note(f"   {name} does not serve its contract at {api.spec.served_at} (yet): it is not exposed by the service.")
    elif served != api.spec.digest:
        note(f"   {name} serves another contract at {api.spec.served_at} than this one.")
    say_next("wherry contract list")


@command.command("propose")
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
    needs = _needs(place.project)
    people = _people(place)

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


@command.command("agree")
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
        say_next(_following([(entry, state) for entry, state, _ in signed]))


@command.command("comment")
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


@command.command("withdraw")
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
        say_next(_following([(found.entry, found.state)]))
    ctx.exit(1 if found.state is not None and found.state.word == "Broken" else 0)


@command.command("verify")
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


@command.command("schedule")
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


@command.command("nightly", hidden=True)
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
        say_next(_following(found) if found else begin)
    ctx.exit(1 if broken else 0)


@command.command("pact")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@project_option
def pact(folder: Path, project: Path) -> None:
    """Write the service's needs as Pact files into FOLDER, for Pact's own tools."""
    import json

    from wherry.method.contracts.pact_out import as_pact

    needs = _needs(project_in(project))
    folder.mkdir(parents=True, exist_ok=True)
    for need in needs:
        path = folder / f"{need.consumer}-{need.provider}.json"
        document, left_out = as_pact(need)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        say(str(path))
        for line in left_out:
            note(f"   {line}")


@command.command("unspoken")
@click.option(
    "--connections",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/proc/net/nf_conntrack"),
    show_default=True,
    help="The connections that a node's kernel knows, as it shows them or as conntrack -L prints them.",
)
@desk_options
@click.pass_context
def unspoken(
    ctx: click.Context, connections: Path, project: Path, environment: str | None, kubeconfig: Path | None
) -> None:
    """Which services talk to each other without a contract; 1 when there are any.

    It shows the contracts that nobody was seen to use, too.
    """
    from wherry.api.core.pod import PODS
    from wherry.method.contracts.catalogue import read_catalogue
    from wherry.method.contracts.unspoken import (
        Unspoken,
        find_unspoken,
        find_unused,
        read_connections,
        services_by_address,
    )

    try:
        table = connections.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Trouble(
            f"{connections} cannot be read ({error.strerror})",
            remedy=f"on a node: sudo cat {connections} > FILE; then --connections FILE",
            exit_code=2,
        ) from error

    async def act(actor: Actor) -> tuple[list[Unspoken], list[tuple[str, str]]]:
        agreements = (await read_catalogue(actor.client)).agreements
        owners = services_by_address((await actor.client.list(PODS)).items)
        spoken = [(one.spec.consumer, one.spec.provider) for one in agreements]
        seen = read_connections(table)
        return find_unspoken(seen, owners, spoken), find_unused(seen, owners, spoken)

    found, unused = desk_anywhere(ctx.obj, project, environment, kubeconfig).act(act)
    count = f"{len(found)} services use" if len(found) > 1 else "1 service uses"
    say(f"{count} another without a contract." if found else "All traffic seen has a contract.")
    show_rows(
        ("CONSUMER", "PROVIDER", "PORT", "CONNECTIONS", "STATE"),
        [
            *((one.consumer, one.provider, str(one.port), str(one.connections), "Unspoken") for one in found),
            *((consumer, provider, "-", "0", "No traffic seen") for consumer, provider in unused),
        ],
    )
    say_next("wherry contract propose" if found else "wherry contract list --all")
    ctx.exit(1 if found else 0)


@command.command("stand-in")
@click.argument("service")
@click.option("--port", type=int, default=0, help="Where to listen; here a free one, in a cluster the service's own.")
@click.option("--document", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The contract's file.")
@click.option("--image", default="", help="An image with Python in it; without it, one of this machine's Python.")
@desk_options
@click.pass_context
def stand_in(
    ctx: click.Context,
    service: str,
    port: int,
    document: Path | None,
    image: str,
    project: Path,
    environment: str | None,
    kubeconfig: Path | None,
) -> None:
    """Answer as SERVICE would, from its contract: here until you stop it, or as a pod with --in ENV."""
    from wherry.cli.stand_in_running import in_cluster, on_this_machine, plan_stand_in

    place = desk_anywhere(ctx.obj, project, environment, kubeconfig)
    planned = plan_stand_in(place, service, document)
    if environment is None:
        on_this_machine(planned, port)
    else:
        in_cluster(place, planned, port, image)
        say_next(f"wherry contract verify --project {project}")


def _following(found: Sequence[tuple[Entry, State]]) -> str:
    """What comes next, where contracts stand so."""
    from wherry.method.contracts.due import by_hand

    states = [state for _, state in found]
    if any(state.word == "Broken" for state in states):
        return "wherry breaks     (in the provider's folder)"
    if not all(state.condition("Agreed").holds for state in states):
        return "wherry contract agree"
    untried = next((entry for entry, state in found if state.word != "Verified"), None)
    return by_hand(untried.facts, untried.agreement.metadata.name) if untried is not None else "wherry done"


def _needs(project: Project) -> list[Need]:
    """What the service needs of others. Raises Trouble where that is nothing."""
    from wherry.method.contracts.sources import NEEDS, needed

    needs = understood(lambda: needed(project))
    if not needs:
        raise Trouble(
            f"{project.name} needs nothing of others: there is nothing in {NEEDS}",
            remedy="write a Pact file there, or the used part of an OpenAPI document",
            exit_code=2,
        )
    return needs


def _people(place: Desk) -> tuple[str, ...]:
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

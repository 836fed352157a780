"""`wherry contract unspoken` and `stand-in`: traffic without a contract, and answers without a service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.contract_actor import desk_anywhere, desk_options
from wherry.cli.contract_words import say_next, show_rows
from wherry.cli.output import Trouble, say

if TYPE_CHECKING:
    from wherry.method.contracts.acting import Actor


@click.command("unspoken")
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


@click.command("stand-in")
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

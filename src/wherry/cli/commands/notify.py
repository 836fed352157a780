"""`wherry notify`: tell a webhook when something needs help, and when it does not any more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, chosen_kubeconfig
from wherry.cli.output import note, printable, say
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.cli.webhook import Webhook
    from wherry.client.client import Client
    from wherry.narrate.incidents import Notice


@click.command()
@click.option(
    "--webhook",
    required=True,
    envvar="WHERRY_WEBHOOK",
    show_envvar=True,
    metavar="URL",
    help="The http or https address that gets the messages.",
)
@click.option("-n", "--namespace", default="", help="Only this namespace (default: all).")
@click.option("--kubeconfig", type=click.Path(path_type=Path, exists=True), help="Another cluster's, any Kubernetes.")
@click.option("--context", default="", help="One of the kubeconfig's contexts (default: its current one).")
@click.pass_obj
def command(data_dir: DataDir, webhook: str, namespace: str, kubeconfig: Path | None, context: str) -> None:
    """Tell a webhook when something needs help, and when it does not any more.

    Stays in the foreground until you stop it. Each workload or node is one message when its trouble has lasted ten
    seconds, and one when it is over.
    """
    from wherry.cli.webhook import Webhook

    receiver = Webhook(webhook)
    look = Look(
        data_dir, namespace, chosen_kubeconfig(kubeconfig, data_dir), None, plain=True, teach=False, context=context
    )
    look.ask(lambda client: _tell_all(look, client, receiver))


async def _tell_all(look: Look, client: Client, receiver: Webhook) -> None:
    from random import Random

    from wherry.cli.listening import followed, notices, tell
    from wherry.cli.webhook import Deliveries
    from wherry.kit.clock import SystemClock
    from wherry.kit.tasks import TaskScope

    clock = SystemClock()
    async with followed(look, client, clock) as here, TaskScope("notify") as scope:
        say(f"{receiver.name} hears of what needs help from now on.")
        note("   (Ctrl-C ends it)")
        deliveries = Deliveries(receiver, scope, clock, Random(), _lost)  # noqa: S311 - spreads retries
        async for notice in notices(here, look.namespace):
            tell(notice)
            deliveries.send(notice)


def _lost(notice: Notice, why: str) -> None:
    note(printable(f"   (nobody was told about {notice.thing}: {why})"))

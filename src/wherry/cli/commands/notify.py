"""`wherry notify`: tell a webhook when something needs help, and when it does not any more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, chosen_kubeconfig
from wherry.cli.output import note, printable, say
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.narrate.incidents import Notice
    from wherry.narrate.webhook import Webhook

AGAIN = "wherry notify --masters --webhook URL"


@click.command()
@click.option(
    "--webhook",
    default="",
    envvar="WHERRY_WEBHOOK",
    show_envvar=True,
    metavar="URL",
    help="The http or https address that gets the messages.",
)
@click.option("--masters", is_flag=True, help="The masters tell it from now on, day and night; this command ends.")
@click.option("--stop", is_flag=True, help="The masters tell nobody any more.")
@click.option("--test", is_flag=True, help="Send one message to try the address (default: that of the masters).")
@click.option("-n", "--namespace", default="", help="Only this namespace (default: all).")
@click.option("--kubeconfig", type=click.Path(path_type=Path, exists=True), help="Another cluster's, any Kubernetes.")
@click.option("--context", default="", help="One of the kubeconfig's contexts (default: its current one).")
@click.pass_obj
def command(
    data_dir: DataDir,
    webhook: str,
    masters: bool,
    stop: bool,
    test: bool,
    namespace: str,
    kubeconfig: Path | None,
    context: str,
) -> None:
    """Tell a webhook when something needs help, and when it does not any more.

    Stays in the foreground until you stop it; with --masters the masters do it instead, as long as they run. Each
    workload or node is one message when its trouble has lasted ten seconds, and one when it is over.

    Without options: whom the masters tell, and whether the messages are taken.
    """
    if masters + stop + test > 1:
        raise click.UsageError("choose one of --masters, --stop and --test")
    if namespace and (masters or stop):
        raise click.UsageError("the masters tell of the whole cluster: leave out -n")
    look = Look(
        data_dir, namespace, chosen_kubeconfig(kubeconfig, data_dir), None, plain=True, teach=False, context=context
    )
    if stop:
        _stop(look)
    elif test:
        _try(look, webhook)
    elif masters:
        _hand_over(look, webhook)
    elif webhook:
        _stay(look, webhook)
    else:
        _show(look)


def _stay(look: Look, url: str) -> None:
    from wherry.cli.webhook import webhook_at

    receiver = webhook_at(url)
    look.ask(lambda client: _tell_all(look, client, receiver))


def _hand_over(look: Look, url: str) -> None:
    from wherry.cli.masters_webhook import set_webhook
    from wherry.cli.troubles import known
    from wherry.cli.webhook import webhook_at

    if not url:
        raise known("W0227")
    receiver = webhook_at(url)
    look.ask(lambda client: set_webhook(client, url))
    say(f"The masters tell {receiver.name} from now on, as long as they run.")
    say("Next: wherry notify --test")


def _stop(look: Look) -> None:
    from wherry.cli.masters_webhook import unset_webhook

    was_there = look.ask(unset_webhook)
    say("The masters tell nobody any more." if was_there else "The masters have told nobody.")
    say(f"Next: {AGAIN}")


def _try(look: Look, url: str) -> None:
    import asyncio

    from wherry.cli.masters_webhook import masters_url, try_again, try_webhook
    from wherry.cli.troubles import known
    from wherry.cli.webhook import webhook_at

    own = url or look.ask(masters_url)
    if not own:
        raise known("W0227")
    receiver = webhook_at(own)
    asyncio.run(try_webhook(receiver, AGAIN if not url else "wherry notify --test --webhook URL"))
    if not url:
        look.ask(try_again)
    say(f"{receiver.name} has taken a message.")
    say(f"Next: {'wherry status' if not url else AGAIN}")


def _show(look: Look) -> None:
    from wherry.cli.masters_webhook import masters_trouble, masters_url
    from wherry.cli.webhook import webhook_at

    async def ask(client: Client) -> tuple[str, str]:
        return await masters_url(client), await masters_trouble(client)

    url, trouble = look.ask(ask)
    if not url:
        say("The masters tell nobody when something needs help.")
        say(f"Next: {AGAIN}")
        return
    say(f"The masters tell {webhook_at(url).name} when something needs help.")
    if trouble:
        say(printable(f"  Not all was told: {trouble}."))
    say("Next: wherry notify --test     or: wherry notify --stop")


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

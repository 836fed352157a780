"""`wherry story`: what the masters saw, did and why."""

from __future__ import annotations

import time
from pathlib import Path

import click

from wherry.cli.connection import with_client
from wherry.cli.output import printable, say
from wherry.client.client import Client
from wherry.cluster.data_dir import DataDir
from wherry.narrate import story
from wherry.narrate.story import Line


def show(line: Line) -> None:
    """One line of the story."""
    mark = "!" if line.is_warning else " "
    say(f"{time.strftime('%H:%M:%S', time.localtime(line.time_s))} {mark} {printable(line.text)}")


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on as it happens.")
@click.option("-n", "--namespace", default="", help="Only this namespace (default: all).")
@click.option("--tail", default=0, help="Only the last so many lines.")
@click.option("--kubeconfig", type=click.Path(path_type=Path, exists=True), help="Another cluster's, any Kubernetes.")
@click.pass_obj
def command(data_dir: DataDir, follow: bool, namespace: str, tail: int, kubeconfig: Path | None) -> None:
    """What the masters and the nodes saw, did and why, in plain words."""

    async def tell(client: Client) -> None:
        lines, revision = await story.tell(client, namespace)
        for line in lines[-tail:] if tail else lines:
            show(line)
        if not lines and not follow:
            say("Nothing has happened in the last hour.")
        if follow:
            async for line in story.follow(client, namespace, revision):
                show(line)

    with_client(kubeconfig, data_dir, tell)

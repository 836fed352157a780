"""`wherry mark NAME`: remember this moment, for `--since "last NAME"`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, look_options
from wherry.cli.output import printable, say
from wherry.cli.troubles import known

if TYPE_CHECKING:
    from wherry.client.client import Client


@click.command()
@click.argument("name", required=False)
@look_options
def command(look: Look, name: str | None) -> None:
    """Mark this moment by a NAME (review, demo, daily), and ask later what has happened since the last one.

    Without a NAME: all that have been marked.
    """
    from wherry.narrate.marks import all_marks, mark, mark_key

    if name is not None and not mark_key(name):
        raise known("W0209", name=name)

    async def ask(client: Client) -> dict[str, float]:
        if name is not None:
            await mark(client, name, time.time())
        return await all_marks(client)

    marks = look.ask(ask)
    if look.answered(marks, sorted(marks)):
        return
    if name is not None:
        say(printable(f"This moment is the last {mark_key(name)} now."))
    elif not marks:
        say("No moment has been marked yet.")
    else:
        say(f"{len(marks)} moments have been marked." if len(marks) > 1 else "1 moment has been marked.")
        for key, time_s in sorted(marks.items(), key=lambda one: one[1]):
            say(printable(f"  {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(time_s))}  {key}"))
    step = f'wherry changes --since "last {mark_key(name)}"' if name else "wherry mark review"
    look.end("kubectl get configmap wherry-moments -o yaml", step)

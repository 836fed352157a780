"""`wherry show THING`: all about one thing, in words."""

from __future__ import annotations

import click

from wherry.cli.look import Look, check_kind, look_options, resolve
from wherry.cli.output import printable, say
from wherry.cli.troubles import known

SYMBOLS = "●◐◌✕◔✓ "
"""What a state looks like; the word behind it says the same."""


@click.command()
@click.argument("thing", metavar="[KIND/]NAME")
@look_options
def command(look: Look, thing: str) -> None:
    """All about one thing: a node, a pod, a workload, a service; a name is enough.

    Examples: wherry show web   wherry show pod/web-1   wherry show node/laptop
    """
    from wherry.narrate.sheet import sheet

    check_kind(thing)
    snapshot = look.snapshot()
    target = resolve(snapshot, thing, "show")
    found = sheet(snapshot, target)
    if found is None:
        raise known("W0203", thing=thing, do="wherry picture --plain")
    if look.answered(found, [target.text]):
        return
    say(printable(found.sentence))
    width = 0 if look.plain else max((len(row.label) for row in found.rows), default=0)
    for row in found.rows:
        value = row.value if look.terminal.boxes else row.value.lstrip(SYMBOLS)
        say(printable(f"  {row.label + ':':<{width + 1}} {value}"))
    look.end(
        f"kubectl describe {target.text}" + (f" -n {target.namespace}" if target.namespace else ""),
        f"wherry why {target.command}",
    )

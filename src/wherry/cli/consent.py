"""Ask before something that cannot be undone; outside a terminal it has to be meant in so many words (--yes)."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from wherry.cli.troubles import known


def yes_option(command: Callable[..., None]) -> Callable[..., None]:
    """The option --yes: do not ask."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask; needed outside a terminal.")(command)


def ask_first(what: str, *, yes: bool) -> None:
    """Go on only when somebody wants it. `what` says what will be lost: "Deleting the cluster in ~/.wherry".

    Raises:
        Trouble: nobody can be asked.
        click.Abort: they said no.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise known("W0211", what=what, command=command_line())
    _ = click.confirm(f"{what} cannot be undone. Go on?", default=False, abort=True, err=True)


def command_line() -> str:
    """What was typed, as it would be typed again."""
    return " ".join(["wherry", *sys.argv[1:]])

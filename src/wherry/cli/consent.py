"""Ask before something that cannot be undone; outside a terminal it has to be meant in so many words (--yes)."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from wherry.cli.output import note
from wherry.cli.terminal import terminal
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


def ask_for(environment: str, what: str, *, yes: bool) -> None:
    """Go on only when somebody types the name of the environment that they are about to change. `what` says why.

    Raises:
        Trouble: nobody can be asked.
        click.Abort: they typed something else.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise known("W0225", what=what, environment=environment, command=command_line())
    warn(f"{what}.")
    typed = click.prompt(f"To change {environment}, type its name", default="", show_default=False, err=True)
    if typed.strip() != environment:
        raise click.Abort


def warn(text: str) -> None:
    """A line beside the answer that nobody should miss: red, where the terminal has colours."""
    note(terminal(plain=not sys.stderr.isatty()).coloured(text, "Failed"))


def command_line() -> str:
    """What was typed, as it would be typed again."""
    return " ".join(["wherry", *sys.argv[1:]])

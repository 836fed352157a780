"""How the command line tells about contracts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from wherry.cli.output import Trouble, say, table
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.refusal import NotPossible
from wherry.method.project import NotAProject, Project, find_project

if TYPE_CHECKING:
    from wherry.method.contracts.catalogue import Entry
    from wherry.method.contracts.state import State

T = TypeVar("T")
LEVELS = {"breaking": "breaks the promise", "warning": "may hurt", "info": "keeps the promise"}


def understood(read: Callable[[], T]) -> T:
    """Read something of the team's files; what is wrong with them is told as trouble."""
    try:
        return read()
    except (BrokenDocument, NotAProject, NotPossible) as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=2) from error


def project_option(function: Callable[..., None]) -> Callable[..., None]:
    """--project: the service's folder."""
    return click.option(
        "--project",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        default=Path(),
        help="The service's folder; without it, the one that you are in.",
    )(function)


def project_in(folder: Path) -> Project:
    """The project of a folder. Raises Trouble."""
    return understood(lambda: find_project(folder))


def show_rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table with an empty line before it, or nothing."""
    if rows:
        say()
        table(header, rows)


def say_next(command: str) -> None:
    """The last line."""
    say(f"Next: {command}")


def following(found: Sequence[tuple[Entry, State]]) -> str:
    """The command that comes next, where contracts stand so."""
    from wherry.method.contracts.due import by_hand

    states = [state for _, state in found]
    if any(state.word == "Broken" for state in states):
        return "wherry breaks     (in the provider's folder)"
    if not all(state.condition("Agreed").holds for state in states):
        return "wherry contract agree"
    untried = next((entry for entry, state in found if state.word != "Verified"), None)
    return by_hand(untried.facts, untried.agreement.metadata.name) if untried is not None else "wherry done"

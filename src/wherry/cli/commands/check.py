"""`wherry check [DIR]`: the twelve factors, as far as reading can tell; seconds, and no cluster."""

from __future__ import annotations

import asyncio
import datetime
import sys
from pathlib import Path

import click

from wherry.cli.output import Trouble


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path())
@click.option("-o", "--output", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
def command(directory: Path, output: str) -> None:
    """Check a service's repository against its Definition of Done, without running anything.

    Exit code 0: nothing speaks against it. 1: something does.
    """
    from wherry.cli.boards import show_board
    from wherry.cli.programs import kubectl_path
    from wherry.method.done.agreement import BadAgreement
    from wherry.method.done.check import check_repository
    from wherry.method.evidence.verdict import Word
    from wherry.method.facts.reading import NothingToCheck

    try:
        kubectl: Path | None = kubectl_path()
    except Trouble:
        kubectl = None
    today = datetime.datetime.now(tz=datetime.UTC).date()
    try:
        board = asyncio.run(check_repository(directory, kubectl, today))
    except NothingToCheck as error:
        raise Trouble(
            str(error), remedy="cd into a service's repository, or make one: wherry new NAME", exit_code=2
        ) from error
    except BadAgreement as error:
        raise Trouble(str(error), remedy="correct done.toml", exit_code=2) from error
    refuted = [entry for entry in board.verdicts if entry.word is Word.REFUTED]
    following = "wherry check   when that is mended" if refuted else "wherry prove   the same on something that runs"
    show_board(board, output=output, following=following)
    if refuted:
        sys.exit(1)

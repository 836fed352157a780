"""`wherry done`: the board of a release, and the gate: exit code 0 when it is done."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wherry.cluster.data_dir import DataDir


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path())
@click.option("--in", "environment", help="Whose release; the first environment that has one, if not named.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
@click.pass_obj
def command(data_dir: DataDir, directory: Path, environment: str | None, output: str) -> None:
    """Is the release done, by the team's own Definition of Done? Exit code 0: yes. 1: no."""
    from wherry.cli.boards import show_board
    from wherry.cli.judging import board_of

    board = board_of(data_dir, directory, environment)
    missing = board.missing
    following = f"wherry prove {missing[0].criterion}" if missing else "wherry promote"
    show_board(board, output=output, following=following)
    if not board.is_done:
        sys.exit(1)

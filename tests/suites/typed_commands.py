"""Reads a command line as `wherry` itself would, without doing it."""

from __future__ import annotations

import re
import shlex

import click

from wherry.cli.main import cli

# Between two commands of a last line: "or", "and then", or only space before what the next one is good for.
BETWEEN = re.compile(r"\s{2,}(?:or: )?|,? and then: |, then: | && | then: |\(")


def steps(line: str) -> list[str]:
    """The commands of ours that a last line names."""
    parts = [part.strip() for part in BETWEEN.split(line.removeprefix("Next:"))]
    return [part.rstrip(".,)") for part in parts if part.startswith("wherry ")]


def parse(text: str) -> None:
    """Raises click.UsageError when it could not be typed."""
    arguments = shlex.split(text)[1:]
    with click.Context(cli, info_name="wherry") as context:
        _, command, rest = cli.resolve_command(context, arguments)
        assert command is not None
        while isinstance(command, click.Group):
            _, command, rest = command.resolve_command(context, rest)
            assert command is not None
        command.make_context("wherry", rest, parent=context)

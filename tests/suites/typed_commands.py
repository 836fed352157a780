"""Reads a command line as `wherry` itself would, without doing it."""

from __future__ import annotations

import shlex

import click

from wherry.cli.main import cli


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

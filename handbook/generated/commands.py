"""Every command with its options, from the tree that click runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

import click

from handbook.markdown import cell, code, page, table
from wherry.cli.commands.registry import COMMANDS
from wherry.cli.main import cli

INTRODUCTION = """
What each command does, as `wherry COMMAND --help` says it. How answers look, and what the exit codes mean:
[reading the cluster](../reading-the-cluster.md). What errors mean: [errors](errors.md).

`wherry --home FOLDER` (or `WHERRY_HOME`) stands before the command and says which cluster is meant.
"""


class Documented(NamedTuple):
    """One command as it is typed, and click's description of it."""

    words: str
    command: click.Command


def tree(name: str, command: click.Command) -> Iterator[Documented]:
    """The command and its subcommands."""
    yield Documented(f"wherry {name}", command)
    if isinstance(command, click.Group):
        for part, child in command.commands.items():
            yield from tree(f"{name} {part}", child)


def all_commands() -> Iterator[Documented]:
    """Every command that --help shows, in its order."""
    with click.Context(cli) as context:
        for name, entry in COMMANDS.items():
            found = cli.get_command(context, name)
            if entry.shown and found is not None:
                yield from tree(name, found)


def write() -> str:
    """The page."""
    return page("Commands", INTRODUCTION, *(_section(one) for one in all_commands()))


def _section(one: Documented) -> str:
    mark = "###" if one.words.count(" ") > 1 else "##"
    parts = [f"{mark} {one.words}", *_summary(one), *_help(one.command)]
    if not isinstance(one.command, click.Group):
        parts.append(f"```text\n{_usage(one)}\n```")
    rows = [_row(one, parameter) for parameter in one.command.params if isinstance(parameter, click.Option)]
    if rows:
        parts.append(table(("option", "value", "what it does"), rows))
    return "\n\n".join(parts)


def _summary(one: Documented) -> list[str]:
    entry = COMMANDS.get(one.words.removeprefix("wherry "))
    if entry is None:
        return []
    rights = " Goes on through sudo, unless the cluster has no real node." if entry.needs_root else ""
    twin = f" Nearly the same with kubectl: {code(entry.twin)}." if entry.twin else ""
    return [cell(f"{entry.summary}{rights}") + twin]


def _help(command: click.Command) -> list[str]:
    text = inspect.cleandoc((command.help or "").replace("\b", ""))
    return [_paragraph(part) for part in text.split("\n\n") if part.strip()]


def _paragraph(text: str) -> str:
    """Examples stand side by side in --help, three spaces apart; here each has its line."""
    head, colon, examples = text.partition(":")
    if "   " in examples:
        lines = "\n".join(part.strip() for part in re.split(r" {3,}|\n", examples.strip()))
        return f"{cell(head)}{colon}\n\n```text\n{lines}\n```"
    return cell(text)


def _usage(one: Documented) -> str:
    context = click.Context(one.command, info_name=one.words)
    return " ".join((one.words, *one.command.collect_usage_pieces(context)))


def _row(one: Documented, option: click.Option) -> tuple[str, str, str]:
    context = click.Context(one.command, info_name=one.words)
    names = ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else option.make_metavar(context).removesuffix(" RANGE")
    said = f" Default: {code(str(option.default))}." if option.show_default and not option.is_flag else ""
    variable = f" Environment: {code(str(option.envvar))}." if option.envvar else ""
    return (names, code(value) or " ", cell(option.help or "") + said + variable)

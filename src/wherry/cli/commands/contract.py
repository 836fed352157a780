"""`wherry contract ...`: what services promise each other."""

from __future__ import annotations

from pathlib import Path

import click

from wherry.cli.contract_words import LEVELS, say_next, show_rows, understood
from wherry.cli.output import say


@click.group()
def command() -> None:
    """Contracts between services: compare, propose, expose, agree and verify them."""


@command.command("diff")
@click.argument("old", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--all", "all_", is_flag=True, help="Show what keeps the promise too.")
@click.pass_context
def diff(ctx: click.Context, old: Path, new: Path, all_: bool) -> None:
    """Say what changes from one version of a contract to another; 1 when a promise breaks."""
    from wherry.method.contracts.api import read_api
    from wherry.method.contracts.changes import compare
    from wherry.method.contracts.reading import read_file

    findings = understood(lambda: compare(read_api(read_file(old)), read_api(read_file(new))))
    broken = [one for one in findings if one.level == "breaking"]
    if not findings:
        say(f"{new} says what {old} says.")
        return
    count = f"{len(broken)} of {len(findings)}" if broken else f"None of {len(findings)}"
    verb = "breaks" if len(broken) == 1 else "break"
    say(f"{count} changes from {old} to {new} {verb} a promise.")
    order = list(LEVELS)
    shown = sorted((one for one in findings if all_ or one.level != "info"), key=lambda one: order.index(one.level))
    show_rows(("CHANGE", "RULE", "MEANS"), [(one.sentence, one.rule, LEVELS[one.level]) for one in shown])
    say_next("wherry breaks     (whom would it hurt?)")
    ctx.exit(1 if broken else 0)

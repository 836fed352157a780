"""`wherry contract diff` and `pact`: contracts as files, without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.contract_words import LEVELS, project_in, project_option, say_next, show_rows, understood
from wherry.cli.output import Trouble, note, say

if TYPE_CHECKING:
    from wherry.method.contracts.need import Need
    from wherry.method.project import Project


@click.command("diff")
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
        say_next("wherry contract list")
        return
    verb, where = "breaks" if len(broken) == 1 else "break", f"from {old} to {new}"
    if broken:
        say(f"{len(broken)} of {len(findings)} changes {where} {verb} a promise.")
    else:
        say(f"{len(findings)} change{'' if len(findings) == 1 else 's'} {where}, and no promise breaks.")
    order = list(LEVELS)
    shown = sorted((one for one in findings if all_ or one.level != "info"), key=lambda one: order.index(one.level))
    show_rows(("CHANGE", "RULE", "MEANS"), [(one.sentence, one.rule, LEVELS[one.level]) for one in shown])
    say_next("wherry breaks     (whom would it hurt?)" if broken else "wherry contract expose")
    ctx.exit(1 if broken else 0)


@click.command("pact")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@project_option
def pact(folder: Path, project: Path) -> None:
    """Write the service's needs as Pact files into FOLDER, for Pact's own tools."""
    import json

    from wherry.method.contracts.pact_out import as_pact

    needs = needs_of(project_in(project))
    folder.mkdir(parents=True, exist_ok=True)
    for need in needs:
        path = folder / f"{need.consumer}-{need.provider}.json"
        document, left_out = as_pact(need)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        say(str(path))
        for line in left_out:
            note(f"   {line}")


def needs_of(project: Project) -> list[Need]:
    """What the service needs of others. Raises Trouble where that is nothing."""
    from wherry.method.contracts.sources import NEEDS, needed

    needs = understood(lambda: needed(project))
    if not needs:
        raise Trouble(
            f"{project.name} needs nothing of others: there is nothing in {NEEDS}",
            remedy="write a Pact file there, or the used part of an OpenAPI document",
            exit_code=2,
        )
    return needs

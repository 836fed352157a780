"""`wherry waive CRITERION`: do without a criterion for a while; who says so, why, and until when."""

from __future__ import annotations

import datetime
import getpass
from pathlib import Path

import click

from wherry.cli.output import Trouble, say


@click.command()
@click.argument("criterion")
@click.option("--why", required=True, help="The reason, for those who read done.toml later.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Its last day: YYYY-MM-DD.")
@click.option("--who", default="", help="Who says so; you, if not named.")
@click.option(
    "--project", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The repository's folder."
)
def command(criterion: str, why: str, until: datetime.datetime, who: str, project: Path | None) -> None:
    """Write a waiver into done.toml. It counts to its last day, and then the criterion is asked for again."""
    from wherry.cli.delivery.stage import project_here
    from wherry.cli.judging import agreement_of, today
    from wherry.method.done.agreement import FILE_NAME, Waiver, waiver_text
    from wherry.method.done.criteria import KNOWN

    root = project_here(project).root
    agreement_of(root)
    if criterion not in KNOWN:
        raise Trouble(f'there is no criterion "{criterion}"', remedy=f"one of: {', '.join(KNOWN)}", exit_code=2)
    if until.date() < today():
        raise Trouble(
            f"{until.date()} is over: such a waiver counts for nothing", remedy="name a later day", exit_code=2
        )
    if not why.strip():
        raise Trouble("a waiver needs a reason", remedy='--why "prod moves in March"', exit_code=2)
    waiver = Waiver(criterion, who or getpass.getuser(), why.strip(), until.date())
    path = root / FILE_NAME
    before = path.read_text(encoding="utf-8") if path.exists() else "version = 1\n"
    path.write_text(before.rstrip("\n") + "\n" + waiver_text(waiver), encoding="utf-8")
    say(f"{criterion} is waived until {waiver.until}: {waiver.why.rstrip('.')}.")
    say(f"Next: git commit {FILE_NAME}")

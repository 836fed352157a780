"""`wherry doctor`: check this machine and say what is missing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wherry.cli.look import give_data, output_option
from wherry.cli.output import cross, say, tick
from wherry.cli.troubles import known
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.cluster.machine import Finding

NOTICES_PATH = "/api/v1/componentstatuses/notices"


@click.command()
@output_option
@click.option("--plain", is_flag=True, help="No symbols, one fact a line.")
@click.pass_obj
def command(data_dir: DataDir, output: str | None, plain: bool) -> None:
    """Check what this machine needs to run containers, each with the way to get it."""
    from wherry.cluster.machine import examine, firewall

    machine, notices = [*examine(data_dir), firewall()], _notices(data_dir)
    findings = [*machine, *notices]
    missing = [finding for finding in machine if not finding.ok]
    unheard = [finding for finding in notices if not finding.ok]
    if output is not None:
        give_data(output, findings, [finding.what for finding in findings])
        sys.exit(1 if missing or unheard else 0)
    say(f"This machine {'cannot run containers yet' if missing else 'can run Wherry'}.")
    for finding in findings:
        mark = ("yes:" if finding.ok else "no:") if plain else tick() if finding.ok else cross()
        say(f" {mark} {finding.what}")
        if not finding.ok:
            say(f"     {finding.meaning}")
            say(f"     Do: {finding.remedy}")
    if missing:
        say("Without containers it works all the same: wherry up --no-real-node --simulated-nodes 3")
        raise known("W0401", missing=len(missing), total=len(machine))
    say(f"Next: {unheard[0].remedy if unheard else 'wherry up'}")
    if unheard:
        sys.exit(1)


def _notices(data_dir: DataDir) -> list[Finding]:
    """Whether what the masters tell by themselves is heard; nothing where they tell nobody, or do not run."""
    from wherry.cli.quick import ask_masters
    from wherry.cluster.machine import Finding

    answer = ask_masters(data_dir, NOTICES_PATH)
    if not isinstance(answer, dict):
        return []
    wrong = next((one["error"] for one in answer.get("conditions", ()) if one.get("error")), "")
    what = f"webhook: {wrong}" if wrong else "webhook: takes the masters' messages"
    return [Finding(what, not wrong, "nobody hears when something in the cluster needs help", "wherry notify --test")]

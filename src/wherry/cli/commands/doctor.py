"""`wherry doctor`: check this machine and say what is missing."""

from __future__ import annotations

import sys

import click

from wherry.cli.look import give_data, output_option
from wherry.cli.output import cross, say, tick
from wherry.cli.troubles import known
from wherry.cluster.data_dir import DataDir


@click.command()
@output_option
@click.option("--plain", is_flag=True, help="No symbols, one fact a line.")
@click.pass_obj
def command(data_dir: DataDir, output: str | None, plain: bool) -> None:
    """Check what this machine needs to run containers, each with the way to get it."""
    from wherry.cluster.machine import examine, firewall

    findings = [*examine(data_dir), firewall()]
    missing = [finding for finding in findings if not finding.ok]
    if output is not None:
        give_data(output, findings, [finding.what for finding in findings])
        sys.exit(1 if missing else 0)
    say(f"This machine {'cannot run containers yet' if missing else 'can run Wherry'}.")
    for finding in findings:
        mark = ("yes:" if finding.ok else "no:") if plain else tick() if finding.ok else cross()
        say(f" {mark} {finding.what}")
        if not finding.ok:
            say(f"     {finding.meaning}")
            say(f"     Do: {finding.remedy}")
    if missing:
        say("Without containers it works all the same: wherry up --no-real-node --simulated-nodes 3")
        raise known("W0401", missing=len(missing), total=len(findings))
    say("Next: wherry up")

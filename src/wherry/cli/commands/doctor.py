"""`wherry doctor`: check this machine and say what is missing."""

from __future__ import annotations

import click

from wherry.cli.output import Trouble, cross, say, tick
from wherry.cluster.data_dir import DataDir


@click.command()
@click.pass_obj
def command(data_dir: DataDir) -> None:
    """Check what this machine needs to run containers, each with the way to get it."""
    from wherry.cluster.machine import examine, firewall

    findings = [*examine(data_dir), firewall()]
    for finding in findings:
        say(f" {tick() if finding.ok else cross()} {finding.what}")
        if not finding.ok:
            say(f"     {finding.meaning}")
            say(f"     Do: {finding.remedy}")
    missing = [finding for finding in findings if not finding.ok]
    if missing:
        say("Without containers it works all the same: wherry up --no-real-node --simulated-nodes 3")
        raise Trouble(f"{len(missing)} of {len(findings)} checks say that something is missing")
    say("This machine can run Wherry.")

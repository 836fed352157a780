"""`wherry server`: run the cluster in the foreground (what `wherry up` starts, and what a service manager should).

Its first lines on stdout are its boot story as JSON, one object a line:
{"step": "...", "ms": 12} ... {"ready": true} or {"failed": "...", "remedy": "..."}.
"""

from __future__ import annotations

import json
import os
import sys

import click

from wherry.cli.cluster_options import cluster_options
from wherry.cli.output import Trouble, say
from wherry.cluster.data_dir import DataDir
from wherry.cluster.wanted import Wanted


class BootReport:
    """Tells whoever started the server how far it is; nobody listening is fine."""

    def step(self, name: str, duration_ms: float) -> None:
        """Something is done."""
        self._tell({"step": name, "ms": round(duration_ms, 1)})

    def ready(self) -> None:
        """The node is Ready. Afterwards stdout is the log, so that no pipe keeps the starter waiting."""
        self._tell({"ready": True})
        if not sys.stdout.isatty():
            os.dup2(2, 1)

    def failed(self, message: str, remedy: str) -> None:
        """It will not come up."""
        self._tell({"failed": message, "remedy": remedy})

    def _tell(self, line: dict[str, object]) -> None:
        try:
            say(json.dumps(line))
        except BrokenPipeError:
            os.dup2(2, 1)


@click.command()
@cluster_options
@click.pass_obj
def command(data_dir: DataDir, wanted: Wanted) -> None:
    """Run the masters and the nodes until SIGTERM; containers go on without it."""
    from wherry.cluster.boot import StartFailed
    from wherry.cluster.server import serve

    report = BootReport()
    try:
        serve(data_dir, wanted, report)
    except StartFailed as error:
        report.failed(str(error), error.remedy)
        raise Trouble(str(error), remedy=error.remedy) from error

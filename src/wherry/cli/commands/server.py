"""`wherry server`: run the cluster in the foreground (what `wherry up` starts, and what a service manager should).

Its first lines on stdout are its boot story as JSON, one object a line:
{"step": "...", "ms": 12} ... {"ready": true} or {"failed": "...", "remedy": "..."}.
"""

from __future__ import annotations

import json
import os
import sys

import click

from wherry.cli.output import Trouble, say
from wherry.cluster.data_dir import DataDir


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
@click.option("--port", type=int, default=None, help="Port of the API server (default: 6443, or as before).")
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address on which the API server listens.")
@click.pass_obj
def command(data_dir: DataDir, port: int | None, bind: str) -> None:
    """Run the masters and this machine's node until SIGTERM; containers go on without it."""
    from wherry.cluster.boot import StartFailed
    from wherry.cluster.server import serve

    report = BootReport()
    try:
        serve(data_dir, port=port, bind=bind, report=report)
    except StartFailed as error:
        report.failed(str(error), error.remedy)
        raise Trouble(str(error), remedy=error.remedy) from error

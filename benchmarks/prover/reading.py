"""Every application is read, many times: nothing is built and nothing runs."""

from __future__ import annotations

import asyncio
import datetime
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.prover.applications import Application
from benchmarks.prover.command import Wherry
from benchmarks.prover.results import READING, Results, Trial
from wherry.method.done.agreement import Agreement
from wherry.method.done.check import judge_facts
from wherry.method.facts.reading import read_facts

KUBECTL = Path(sys.executable).parent / "kubectl"
ONLY_WHAT_RUNS = frozenset(("contract-exposed", "contract-agreed", "contract-verified", "rest-api"))
"""Criteria on which files alone refute nobody: a sin against one of them is seen on what runs, or in the catalogue."""


def sin_in_files(application: Application) -> str:
    """The sin that reading must find ("": none)."""
    return application.sin if application.kind == "guilty" and application.sin not in ONLY_WHAT_RUNS else ""


def read_all(applications: Sequence[Application], times: int, results: Results) -> None:
    """Read each so many times."""
    done = results.done()
    with tempfile.TemporaryDirectory(prefix="wherry-prover-") as scratch:
        for number, application in enumerate(applications):
            rounds = [one for one in range(1, times + 1) if (READING, one, application.name, "") not in done]
            if rounds:
                folder = Path(scratch) / str(number)
                Wherry(Path(scratch) / "home")("new", "orders", "--into", str(folder), cwd=Path(scratch))
                for change in application.changes:
                    change.apply(folder)
                asyncio.run(_read_often(application, folder, rounds, results))


async def _read_often(application: Application, folder: Path, rounds: Sequence[int], results: Results) -> None:
    for one in rounds:
        trial = Trial(READING, one, application.name, application.kind, sin_in_files(application))
        began_s = time.monotonic()
        board = judge_facts(await read_facts(folder, KUBECTL), Agreement(), datetime.datetime.now(datetime.UTC).date())
        trial.took_s = round(time.monotonic() - began_s, 3)
        trial.words = {verdict.criterion: verdict.word.value for verdict in board.verdicts}
        trial.says = next((verdict.says for verdict in board.verdicts if verdict.criterion == trial.sin), "")
        results.add(trial)

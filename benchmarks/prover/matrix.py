"""The whole matrix: every application on every criterion, in one twin after another."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.prover.applications import ALL, Application
from benchmarks.prover.command import SPACES, Wherry, clear
from benchmarks.prover.judging import try_once
from benchmarks.prover.preparing import Maker, space
from benchmarks.prover.results import MATRIX, Results, Trial


def try_matrix(
    wherry: Wherry, place: Path, applications: Sequence[Application], times: int, results: Results, minutes: float
) -> None:
    """Try each on everything, so many times, or as the time allows; a mended one only on what was mended."""
    began_s = time.monotonic()
    for number in range(1, times + 1):
        done = results.done()
        for application in applications:
            criterion = application.own[0] if application.kind == "mended" else ALL
            if (MATRIX, number, application.name, criterion) in done:
                continue
            if minutes and time.monotonic() - began_s > minutes * 60:
                return
            results.add(_try(wherry, place, application, criterion, number))


def _try(wherry: Wherry, place: Path, application: Application, criterion: str, number: int) -> Trial:
    trial = Trial(MATRIX, number, application.name, application.kind, application.sin, criterion)
    folder = place / f"matrix-{application.name.replace(' ', '-')}"
    folder.mkdir()
    try:
        try_once(wherry, Maker(wherry, application, folder).make(), trial)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        trial.trouble = f"it could not be made: {error}"[-300:]
    # The next time it is made anew, and nothing of this one may be left.
    clear(wherry, place, space(application).removeprefix(SPACES))
    shutil.rmtree(folder)
    return trial

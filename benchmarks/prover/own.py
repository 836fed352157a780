"""Every application on its own criterion, again and again: built and released once, each time in a fresh twin.

Two applications are tried side by side where the experiment does not measure time; where it does, it has the machine
for itself (as far as that is ours to say).
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.prover.applications import ALL, Application
from benchmarks.prover.command import SPACES, Stopped, Wherry, clear
from benchmarks.prover.judging import try_once
from benchmarks.prover.preparing import Maker, space
from benchmarks.prover.results import OWN, Results, Trial

AT_ONCE = 2
MEASURES_TIME = frozenset((ALL, "concurrency", "disposability"))


@dataclass
class Workshop:
    """The cluster and the folder in which applications stand ready, each made when it is tried first."""

    wherry: Wherry
    place: Path
    _made: dict[str, Path] = field(default_factory=dict)

    def repository(self, application: Application) -> Path:
        """The application's repository; released by now. Raises RuntimeError."""
        if application.name not in self._made:
            folder = self.place / application.name.replace(" ", "-")
            # What a first try has left may be half of it.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            self._made[application.name] = Maker(self.wherry, application, folder).make()
        return self._made[application.name]

    def put_away(self, application: Application) -> None:
        """Stop one that runs in several environments: all of them at once would be too much for the machine."""
        if len(application.environments) > 1 and self._made.pop(application.name, None) is not None:
            clear(self.wherry, self.place, space(application).removeprefix(SPACES))


def try_own(workshop: Workshop, applications: Sequence[Application], times: int, results: Results) -> None:
    """Try each on its own criteria, so many times; what this code has tried already is left out."""
    for number in range(1, times + 1):
        done = results.done()
        todo = [
            (application, [one for one in application.own if (OWN, number, application.name, one) not in done])
            for application in applications
        ]
        _side_by_side(workshop, todo, number, results)
        for application, criteria in todo:
            _try(workshop, application, [one for one in criteria if one in MEASURES_TIME], number, results)


def _side_by_side(
    workshop: Workshop, todo: Sequence[tuple[Application, list[str]]], number: int, results: Results
) -> None:
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        started = [
            pool.submit(_try, workshop, application, quick, number, results)
            for application, criteria in todo
            if (quick := [one for one in criteria if one not in MEASURES_TIME])
        ]
        for one in started:
            one.result()
    except BaseException:
        workshop.wherry.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _try(workshop: Workshop, application: Application, criteria: Sequence[str], number: int, results: Results) -> None:
    for criterion in criteria:
        trial = Trial(OWN, number, application.name, application.kind, application.sin, criterion)
        try:
            try_once(workshop.wherry, workshop.repository(application), trial)
        except Stopped:
            return
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            trial.trouble = f"it could not be made: {error}"[-300:]
        results.add(trial)
    workshop.put_away(application)

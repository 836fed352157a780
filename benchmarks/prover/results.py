"""What came of the trials: a file with a line of JSON for each, written at once, read by the page."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock

from benchmarks.prover.applications import ALL, ROOT

REFUTED, ERROR = "Refuted", "Error"
READING, OWN, MATRIX = "reading", "own", "matrix"


@dataclass
class Trial:
    """One application, judged once.

    Args:
        what: reading, own or matrix.
        round: the repetition, from 1.
        name: the application's.
        kind: the application's.
        sin: the criterion that must be refuted ("": none).
        criterion: what was tried; ALL for every one.
        words: by criterion, the board's word.
        says: the board's sentence about its sin, or about what was refuted.
        live: the word of the experiment alone.
        took_s: seconds, without making the application.
        load: the machine's, at its end: programs that want to run, over the last minute.
        at: its end, in seconds since 1970.
        code: the commit of Wherry that judged.
        trouble: why nothing came of it.
    """

    what: str
    round: int
    name: str
    kind: str
    sin: str
    criterion: str = ALL
    words: dict[str, str] = field(default_factory=dict)
    says: str = ""
    live: str = ""
    took_s: float = 0.0
    load: float = 0.0
    at: float = 0.0
    code: str = ""
    trouble: str = ""

    @property
    def key(self) -> tuple[str, int, str, str]:
        """Which trial it is."""
        return self.what, self.round, self.name, self.criterion

    @property
    def refuted(self) -> list[str]:
        """The criteria with a counter-example."""
        return [name for name, word in self.words.items() if word == REFUTED]

    @property
    def is_untried(self) -> bool:
        """Whether the machine, or the prover itself, kept it from being tried."""
        return bool(self.trouble) or ERROR in self.words.values()

    @property
    def is_missed(self) -> bool:
        """Whether a sin was not found."""
        return bool(self.sin) and self.sin not in self.refuted

    @property
    def alarms(self) -> list[str]:
        """Criteria that were refuted without a sin."""
        return [name for name in self.refuted if name != self.sin]

    @property
    def is_right(self) -> bool:
        """Whether exactly the sin was found, and all was tried."""
        return not (self.is_untried or self.is_missed or self.alarms)


@dataclass
class Results:
    """The file. Several threads may add to it."""

    path: Path
    code: str = ""
    _lock: Lock = field(default_factory=Lock)

    def add(self, trial: Trial) -> None:
        """Put a trial down, and say it."""
        trial.code, trial.load, trial.at = self.code, round(os.getloadavg()[0], 1), round(time.time(), 1)
        with self._lock, self.path.open("a") as file:
            file.write(json.dumps(asdict(trial)) + "\n")
            print(_line(trial), flush=True)

    def read(self) -> list[Trial]:
        """All that is in it; a line that was cut off counts for nothing."""
        found = []
        for line in self.path.read_text().splitlines() if self.path.is_file() else ():
            try:
                found.append(Trial(**json.loads(line)))
            except ValueError:
                continue
        return found

    def done(self) -> set[tuple[str, int, str, str]]:
        """The trials that this code has made, and that came about."""
        return {trial.key for trial in self.read() if trial.code == self.code and not trial.trouble}


def open_results(path: Path, *, go_on: bool) -> Results:
    """The file of a new run, or of the one that was ended before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not go_on:
        path.unlink(missing_ok=True)
    return Results(path, code_here())


def code_here() -> str:
    """The last commit of Wherry's own code, with a plus where something was changed since."""
    commit = _git("log", "-1", "--format=%h", "--abbrev=10", "--", "src")
    return commit + ("+" if _git("status", "--porcelain", "src") else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _line(trial: Trial) -> str:
    found = ", ".join(trial.refuted) or "nothing"
    open_ = "; ".join(f"{name}: {word}" for name, word in trial.words.items() if word in ("Not shown", ERROR))
    mark = "+" if trial.is_right else "x"
    words = f"{mark} {trial.what} {trial.round} {trial.name} {trial.criterion}: refuted on {found}"
    return f"{words} ({trial.took_s:.1f} s, load {trial.load}) {open_} {trial.trouble}".rstrip()

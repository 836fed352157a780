"""Figures from the trials of one kind: what was missed, what was raised without a sin, what changed its mind. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.prover.results import Trial


@dataclass(frozen=True)
class Rates:
    """Of trials that the same code has made in the same way."""

    trials: tuple[Trial, ...]

    @property
    def rounds(self) -> dict[int, list[Trial]]:
        """The trials of each repetition."""
        found: dict[int, list[Trial]] = {}
        for trial in self.trials:
            found.setdefault(trial.round, []).append(trial)
        return found

    @property
    def cells(self) -> dict[tuple[str, str], list[Trial]]:
        """The trials of each application on each criterion that it was tried on by itself."""
        found: dict[tuple[str, str], list[Trial]] = {}
        for trial in self.trials:
            found.setdefault((trial.name, trial.criterion), []).append(trial)
        return found

    def complete(self, wanted: int) -> int:
        """How many repetitions have all their trials, `wanted` in number."""
        return sum(len(round_) >= wanted for round_ in self.rounds.values())

    @property
    def sinners(self) -> list[Trial]:
        """Trials in which there was a sin to be found, and that came about."""
        return [trial for trial in self.trials if trial.sin and not trial.is_untried]

    @property
    def missed(self) -> list[Trial]:
        """Of these, those in which it was not found."""
        return [trial for trial in self.sinners if trial.is_missed]

    @property
    def innocent_verdicts(self) -> int:
        """How many verdicts must not be Refuted."""
        return sum(len(set(trial.words) - {trial.sin}) for trial in self.trials)

    @property
    def alarms(self) -> list[Trial]:
        """Trials with a verdict that is Refuted without a sin."""
        return [trial for trial in self.trials if trial.alarms]

    @property
    def untried(self) -> list[Trial]:
        """Trials that did not come about, or with a criterion that could not be tried."""
        return [trial for trial in self.trials if trial.is_untried]

    @property
    def flips(self) -> list[tuple[str, str]]:
        """The cells that were refuted otherwise in one repetition than in another."""
        return [
            cell
            for cell, trials in self.cells.items()
            if len({tuple(trial.refuted) for trial in trials if not trial.is_untried}) > 1
        ]

    @property
    def load(self) -> tuple[float, float]:
        """The machine's load: its median, and the highest."""
        loads = [trial.load for trial in self.trials] or [0.0]
        return median(loads), max(loads)

    @property
    def slowest_s(self) -> float:
        """Seconds of the slowest trial."""
        return max((trial.took_s for trial in self.trials), default=0.0)

    @property
    def round_s(self) -> float:
        """Seconds from a repetition's first trial to its last one, as a median."""
        spans = [
            max(trial.at for trial in round_) - min(trial.at - trial.took_s for trial in round_)
            for round_ in self.rounds.values()
            if len(round_) > 1
        ]
        return median(spans or [0.0])


def of(trials: Sequence[Trial], what: str) -> Rates:
    """The rates of one kind of trial, as the newest code has made them."""
    mine = [trial for trial in trials if trial.what == what]
    return Rates(tuple(trial for trial in mine if trial.code == mine[-1].code))


def before(trials: Sequence[Trial], what: str) -> dict[str, Rates]:
    """The rates of one kind of trial that earlier code has made, by its commit."""
    mine = [trial for trial in trials if trial.what == what]
    codes = list(dict.fromkeys(trial.code for trial in mine if trial.code != mine[-1].code))
    return {code: Rates(tuple(trial for trial in mine if trial.code == code)) for code in codes}

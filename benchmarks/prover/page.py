"""docs/prover.md, from the results alone."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from statistics import median
from textwrap import TextWrapper

from benchmarks.prover.applications import ALL, Application, applications
from benchmarks.prover.rates import Rates, before, of
from benchmarks.prover.results import MATRIX, OWN, READING, Trial
from wherry.method.factors.registry import FACTORS

BAR = 20
WIDTH = 120
SAYS_MAX = 200


def page(trials: Sequence[Trial]) -> str:
    """Every rate, and every application."""
    every = applications()
    reading, own, matrix = (of(trials, what) for what in (READING, OWN, MATRIX))
    return _wrapped(
        [
            *_head(every),
            *_section("Read", reading, len(every), _READ, f"The slowest reading took {reading.slowest_s:.1f} s"),
            *_section(
                "Tried on its own criterion",
                own,
                sum(len(one.own) for one in every),
                _OWN,
                f"A repetition took {own.round_s:.0f} s (median)",
            ),
            *_earlier(trials),
            *_section(
                "Tried on every criterion",
                matrix,
                len(every),
                _MATRIX,
                f"A trial took {median([one.took_s for one in matrix.trials] or [0.0]):.0f} s (median)",
            ),
            *_skeleton([*own.trials, *matrix.trials]),
            *_table(every, own, matrix),
            *_sentences([*matrix.trials, *own.trials]),
            *_wrong([*reading.trials, *own.trials, *matrix.trials]),
            "",
        ]
    )


def _wrapped(lines: Sequence[str]) -> str:
    """As one text, in lines that a person can read; tables stay as they are."""
    wrapper = TextWrapper(WIDTH, break_long_words=False, break_on_hyphens=False)
    text = []
    for line in lines:
        wrapper.subsequent_indent = "  " if line.startswith("- ") else ""
        text += [line] if line.startswith("|") or not line else wrapper.wrap(line)
    return "\n".join(text)


_READ = "Every application is read: its files, its history, its manifests. Nothing is built, and nothing runs."
_OWN = (
    "Every application is built and released once, and then tried on one criterion, each time on a fresh twin: a sinner"
    " on its sin, an innocent on what makes it look guilty, a mended one on what was mended, the skeleton on everything."
    " Two are tried side by side where the experiment does not measure time."
)
_MATRIX = (
    "Every application is made anew and tried on every criterion, as `wherry prove` does it. It must be refuted on its sin"
    " and nowhere else (a mended one is tried on what was mended)."
)


def _head(every: Sequence[Application]) -> list[str]:
    kinds = Counter(one.kind for one in every)
    return [
        "# The prover is proved",
        "",
        f"Written by `make prove`. {len(every)} applications, each the walking skeleton with some changes:",
        "",
        f"- {kinds['guilty']} **guilty** ones with one sin each, one for every criterion (examples/guilty);",
        f"- {kinds['hidden']} with a **hidden** sin that no reading shows (examples/hidden);",
        f"- {kinds['innocent']} **innocent** ones that look guilty of something (examples/innocent);",
        f"- {kinds['mended']} **mended** ones: guilty ones to which their verdict's advice was applied"
        " (examples/guilty/fixes);",
        "- the skeleton itself.",
        "",
        f"The bar: no sin missed, no false alarm, no flip in {BAR} repetitions of reading and of each application on its own"
        " criterion. A flip is a verdict that is Refuted in one"
        " repetition and not in another. What could not be tried (the machine was too busy, say) is neither, and has a"
        " line of its own.",
    ]


def _section(title: str, rates: Rates, wanted: int, says: str, took: str) -> list[str]:
    lines = ["", f"## {title}", "", says, ""]
    if not rates.trials:
        return [*lines, "- Not tried yet."]
    usual, highest = rates.load
    names = len({trial.name for trial in rates.trials})
    return [
        *lines,
        f"- Complete repetitions: **{rates.complete(wanted)}**. There were {len(rates.trials)} trials of {names} applications;"
        f" a repetition has {wanted}. They judged with commit {rates.trials[-1].code}.",
        f"- Sins missed: **{len(rates.missed)}** of {len(rates.sinners)}.",
        f"- False alarms: **{sum(len(one.alarms) for one in rates.alarms)}** of {rates.innocent_verdicts} verdicts.",
        f"- Flips: **{len(rates.flips)}** of {len(rates.cells)}.",
        f"- Not tried: {len(rates.untried)}.",
        f"- {took}, on {os.cpu_count()} cores with a load of {usual:.1f} (median) and {highest:.1f} at most.",
    ]


def _earlier(trials: Sequence[Trial]) -> list[str]:
    """What was found before the prover was changed."""
    found = before(trials, OWN)
    if not found:
        return []
    lines = ["", "Before the last change of Wherry:", ""]
    for code, rates in found.items():
        wrong = sorted({trial.name for trial in (*rates.missed, *rates.alarms, *rates.untried)})
        lines.append(
            f"- Commit {code}: {len(rates.trials)} trials, {len(rates.missed)} sins missed, {len(rates.alarms)} false"
            f" alarms, {len(rates.untried)} not tried" + (f" ({', '.join(wrong)})." if wrong else ".")
        )
    return lines


def _skeleton(trials: Sequence[Trial]) -> list[str]:
    """How many of the twelve factors the skeleton itself has Proved."""
    runs = [trial for trial in trials if trial.kind == "skeleton" and not trial.trouble]
    proved = [sum(trial.words.get(factor.id) == "Proved" for factor in FACTORS) for trial in runs]
    if not proved:
        return []
    return [
        "",
        f"The skeleton, in all its environments: {min(proved)} of {len(FACTORS)} factors Proved at least, in {len(proved)}"
        " runs.",
    ]


def _table(every: Sequence[Application], own: Rates, matrix: Rates) -> list[str]:
    lines = [
        "",
        "## Every application",
        "",
        "| application | kind | tried on | right | in words | s | in the matrix | right |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in every:
        whole = [trial for trial in matrix.trials if trial.name == one.name]
        refuted = " / ".join(sorted({", ".join(trial.refuted) or "nothing" for trial in whole})) or "-"
        for criterion in one.own:
            trials = own.cells.get((one.name, criterion), [])
            seconds = f"{sum(trial.took_s for trial in trials) / len(trials):.0f}" if trials else "-"
            cells = (one.name, one.kind, criterion or "everything", _right(trials), _words(trials, criterion), seconds)
            lines.append(f"| {' | '.join((*cells, refuted, _right(whole)))} |")
    return lines


def _right(trials: Sequence[Trial]) -> str:
    return f"{sum(trial.is_right for trial in trials)} of {len(trials)}" if trials else "-"


def _words(trials: Sequence[Trial], criterion: str) -> str:
    """Refuted 20; for all criteria together, only how often something else than Proved was said."""
    if criterion == ALL:
        words = Counter(word for trial in trials for word in trial.words.values())
    else:
        words = Counter(trial.words.get(criterion, "not tried") for trial in trials)
    return ", ".join(f"{word} {count}" for word, count in words.most_common()) or "-"


def _sentences(trials: Sequence[Trial]) -> list[str]:
    said = {trial.name: trial.says for trial in trials if trial.sin and trial.is_right and trial.says}
    lines = ["", "## What the board says about each sin", ""]
    return lines + [f"- **{name}**: {sentence}" for name, sentence in sorted(said.items())]


def _wrong(trials: Sequence[Trial]) -> list[str]:
    wrong = [trial for trial in trials if not trial.is_right]
    if not wrong:
        return []
    lines = ["", "## What was not as it should be", ""]
    for trial in wrong:
        what = trial.trouble or _what_went_wrong(trial)
        where = f"{trial.name}, {trial.what}, repetition {trial.round}, load {trial.load}"
        lines.append(f"- {where}: {' '.join(what.split())[:SAYS_MAX]}")
    return lines


def _what_went_wrong(trial: Trial) -> str:
    if trial.alarms:
        return f"{', '.join(trial.alarms)} refuted: {trial.says}"
    errors = [name for name, word in trial.words.items() if word == "Error"]
    return f"{', '.join(errors)} could not be tried" if errors else f"{trial.sin} not found"

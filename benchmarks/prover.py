"""`make prove`: the prover is proved. Every guilty application and every innocent is released and tried, live.

Twelve guilty applications, each the walking skeleton with one sin, must be refuted on their own factor and on no
other; the innocents and the skeleton itself nowhere. Sins that only show live must be found too, and a guilty
application to which the advice was applied must be refuted nowhere. The result is written to docs/prover.md.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from wherry.method.done.agreement import Agreement
from wherry.method.done.check import judge_facts
from wherry.method.done.criteria import KNOWN
from wherry.method.evidence.verdict import Word
from wherry.method.factors.registry import FACTORS
from wherry.method.facts.reading import read_facts

ROOT = Path(__file__).parents[1]
KUBECTL = Path(sys.executable).parent / "kubectl"
PAGE = ROOT / "docs" / "prover.md"
GIT = ("git", "-c", "user.name=Prover", "-c", "user.email=prover@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Application:
    """What is to be tried: the skeleton with some patches. `expected`: the one criterion that it sins against ("": none).

    `only`: the one factor that is tried; "": all.
    """

    name: str
    kind: str
    patches: tuple[Path, ...] = ()
    expected: str = ""
    only: str = ""


@dataclass
class Outcome:
    """What came of one application in one run: a word for each criterion, the sentence of its sin, how long it took."""

    name: str
    kind: str
    expected: str
    words: dict[str, str] = field(default_factory=dict)
    sentence: str = ""
    took_s: float = 0.0
    prove_s: float = 0.0
    trouble: str = ""

    @property
    def refuted(self) -> list[str]:
        """The criteria with a counter-example."""
        return [name for name, word in self.words.items() if word == "Refuted"]

    @property
    def is_right(self) -> bool:
        """Whether exactly the sin was found."""
        return not self.trouble and self.refuted == ([self.expected] if self.expected else [])


@dataclass
class Reading:
    """What reading an application alone has shown, each time: the refuted criteria, joined; the slowest in seconds."""

    name: str
    expected: str
    refuted: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Wherry:
    """The command, on a cluster of its own."""

    def __init__(self, home: Path) -> None:
        self.env = {**os.environ, "WHERRY_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}

    def __call__(self, *arguments: str, cwd: Path, check: bool = True, timeout_s: float = 400) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "wherry", *arguments],
            cwd=cwd, env=self.env, capture_output=True, text=True, timeout=timeout_s, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"wherry {' '.join(arguments)}: {done.stderr.strip()[-400:]}")
        return done.stdout


def applications() -> list[Application]:
    """All of them: the skeleton, the guilty, those whose sin shows only live, the innocent, and the guilty mended."""
    folder = ROOT / "examples"
    guilty = sorted((folder / "guilty").glob("*.patch"))
    found = [Application("skeleton", "skeleton")]
    found += [Application(patch.stem, "guilty", (patch,), patch.stem) for patch in guilty]
    for patch in sorted((folder / "hidden").glob("*.patch")):
        found.append(Application(f"hidden {patch.stem}", "hidden", (patch,), patch.stem))
    found += [Application(patch.stem, "innocent", (patch,)) for patch in sorted((folder / "innocent").glob("*.patch"))]
    for patch in guilty:
        mended = (patch, folder / "guilty" / "fixes" / patch.name)
        found.append(Application(f"mended {patch.stem}", "mended", mended, only=patch.stem))
    return found


def change(folder: Path, application: Application) -> None:
    """Apply its patches, a commit for each."""
    for patch in application.patches:
        subprocess.run(["git", "apply", "-C1", str(patch)], cwd=folder, check=True)
        subprocess.run([*GIT, "add", "--all"], cwd=folder, check=True)
        subprocess.run([*GIT, "commit", "-q", "-m", "Change"], cwd=folder, check=True)


def make(wherry: Wherry, folder: Path, application: Application) -> None:
    """Make the skeleton, change it by the patches, build and release it."""
    wherry("new", "orders", "--into", str(folder), cwd=folder.parent)
    change(folder, application)
    subprocess.run(["sh", "deploy/make-secrets"], cwd=folder, check=True, capture_output=True)
    wherry("image", "build", "database", cwd=folder)
    wherry("build", "--allow-dirty", cwd=folder)
    wherry("release", "--env", "dev", "--allow-dirty", cwd=folder)


def bring_everywhere(wherry: Wherry, folder: Path) -> None:
    """Run it in all environments: only then everything can be compared."""
    wherry("run", "--in", "dev", cwd=folder)
    wherry("promote", "dev", "staging", cwd=folder)
    wherry("promote", "staging", "prod", cwd=folder)


def take_away(wherry: Wherry, folder: Path) -> None:
    """The next application has the same name, and must not be compared with this one."""
    spaces = [f"orders-{name}" for name in ("dev", "staging", "prod")]
    wherry("kubectl", "delete", "namespace", *spaces, "--ignore-not-found", cwd=folder, check=False)


def play(wherry: Wherry, folder: Path, application: Application) -> Outcome:
    """Make it, try everything, and read the board."""
    outcome = Outcome(application.name, application.kind, application.expected)
    started_s = time.monotonic()
    try:
        make(wherry, folder, application)
        if application.kind == "skeleton":
            bring_everywhere(wherry, folder)
        began_s = time.monotonic()
        # Criteria beyond the factors have no experiment: they are read.
        is_live = application.only in ("", *(factor.id for factor in FACTORS))
        if is_live:
            wherry("prove", *filter(None, [application.only]), "--in", "dev", cwd=folder, check=False)
        outcome.prove_s = time.monotonic() - began_s
        board = json.loads(wherry("done", "-o", "json", "--in", "dev", cwd=folder, check=False))
        factors = [entry for entry in board["verdicts"] if entry["criterion"] in KNOWN]
        outcome.words = {entry["criterion"]: entry["verdict"] for entry in factors}
        outcome.sentence = next((entry["says"] for entry in factors if entry["criterion"] == application.expected), "")
        live = [entry for entry in factors if any(seen["method"] == "live" for seen in entry["observations"])]
        if is_live and not live:
            outcome.trouble = "nothing was tried live"
    except (RuntimeError, subprocess.SubprocessError, ValueError) as error:
        outcome.trouble = str(error)
    take_away(wherry, folder if folder.is_dir() else folder.parent)
    outcome.took_s = time.monotonic() - started_s
    return outcome


@contextmanager
def cluster(home: Path | None, port: int) -> Iterator[Path]:
    """A cluster for this run, or the one that is named."""
    if home is not None:
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="wherry-prover-") as scratch:
        own = Path(scratch) / "home"
        wherry = Wherry(own)
        wherry("up", "--port", str(port), cwd=ROOT)
        try:
            yield own
        finally:
            wherry("down", "--delete-data", "--yes", cwd=ROOT, check=False)


def _reading_lines(reads: Sequence[Reading]) -> list[str]:
    if not reads:
        return []
    count, verdicts = len(reads), sum(len(one.refuted) for one in reads)
    wrong = sum(refuted != one.expected for one in reads for refuted in one.refuted)
    flips = sum(len(set(one.refuted)) > 1 for one in reads)
    seconds = max(one.seconds for one in reads)
    return [
        "",
        "## Read",
        "",
        f"- {count} applications, each read {len(reads[0].refuted)} times: {wrong} of {verdicts} boards were not as they"
        f" should be; {flips} flips.",
        f"- The slowest reading of a repository (all criteria) took {seconds:.1f} s.",
    ]


def page(runs: list[list[Outcome]], wanted: int, reads: Sequence[Reading] = ()) -> str:
    """The rates and every application, as a page.

    Args:
        runs: the outcomes of each repetition.
        wanted: how many repetitions were asked for.
        reads: what reading alone has shown, again and again.
    """
    outcomes = [outcome for run in runs for outcome in run]
    sinners = [entry for entry in outcomes if entry.expected]
    missed = [entry for entry in sinners if entry.expected not in entry.refuted]
    cells = sum(len(entry.words) for entry in outcomes) - sum(entry.expected in entry.words for entry in sinners)
    alarms = sum(len([name for name in entry.refuted if name != entry.expected]) for entry in outcomes)
    by_name: dict[str, list[Outcome]] = {}
    for entry in outcomes:
        by_name.setdefault(entry.name, []).append(entry)
    flips = sum(len({tuple(entry.refuted) for entry in entries}) > 1 for entries in by_name.values())
    whole = [entry for entry in outcomes if entry.prove_s and entry.kind != "mended"]
    skeleton = [entry for entry in outcomes if entry.kind == "skeleton" and not entry.trouble]
    proved = [sum(entry.words.get(factor.id) == "Proved" for factor in FACTORS) for entry in skeleton]
    every = applications()
    complete = sum(len(run) == len(every) for run in runs)
    lines = [
        "# The prover is proved",
        "",
        "Written by `make prove`: every application is generated, changed by its patches, built, released, and tried on a",
        "twin of its own. A guilty application has one sin (examples/guilty); a hidden one has a sin that no reading shows",
        "(examples/hidden); an innocent only looks as if it had one (examples/innocent); a mended one is a guilty one to",
        "which the advice of its verdict was applied (examples/guilty/fixes), tried on its own factor.",
        "",
        "## Tried live",
        "",
        f"- Applications tried: {len(by_name)} of {len(every)}. Repetitions of the whole matrix: {complete} of {wanted}"
        " that were asked for.",
        f"- Sins missed: {len(missed)} of {len(sinners)}.",
        f"- False alarms: {alarms} of {cells} verdicts.",
        f"- Flips (an application judged otherwise in another repetition): {flips} of {len(by_name)}.",
        f"- The skeleton, in all its environments: {min(proved, default=0)} of 12 factors Proved"
        + (f" at least, in {len(proved)} runs." if len(proved) > 1 else "."),
        f"- One full `wherry prove` takes {median([entry.prove_s for entry in whole] or [0.0]):.0f} s (median), on a"
        f" machine of {os.cpu_count()} cores that others use too.",
        *_reading_lines(reads),
        "",
        "## Every application",
        "",
        "| application | kind | its sin | refuted on | right | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name, entries in by_name.items():
        refuted = sorted({", ".join(entry.refuted) or "nothing" for entry in entries})
        right = f"{sum(entry.is_right for entry in entries)} of {len(entries)}"
        row = (name, entries[0].kind, entries[0].expected or "none", " / ".join(refuted), right)
        lines.append(f"| {' | '.join(row)} | {median(entry.took_s for entry in entries):.0f} |")
    said = {entry.name: entry.sentence for entry in sinners if entry.is_right and entry.sentence}
    lines += ["", "## What the board says about each sin", ""]
    lines += [f"- **{name}**: {sentence}" for name, sentence in said.items()]
    wrong = [entry for entry in outcomes if not entry.is_right]
    if wrong:
        lines += ["", "## What was not as it should be", ""]
        lines += [f"- {entry.name}: {entry.trouble[:200] or ', '.join(entry.refuted) or 'missed'}" for entry in wrong]
    return "\n".join([*lines, ""])


def read_all(times: int) -> list[Reading]:
    """Read every application so many times."""
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, application in enumerate(applications()):
            folder = Path(scratch) / str(number)
            Wherry(Path(scratch) / "home")("new", "orders", "--into", str(folder), cwd=Path(scratch))
            change(folder, application)
            expected = application.expected if application.kind == "guilty" else ""
            found.append(asyncio.run(read_often(Reading(application.name, expected), folder, times)))
            print(f"  read {application.name}: {sorted(set(found[-1].refuted))}", flush=True)
    return found


async def read_often(reading: Reading, folder: Path, times: int) -> Reading:
    """Read one repository so many times."""
    for _ in range(times):
        began_s = time.monotonic()
        board = judge_facts(await read_facts(folder, KUBECTL), Agreement(), datetime.datetime.now(datetime.UTC).date())
        reading.seconds = max(reading.seconds, time.monotonic() - began_s)
        reading.refuted.append(", ".join(one.criterion for one in board.verdicts if one.word is Word.REFUTED))
    return reading


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a cluster that runs already")
    parser.add_argument("--port", type=int, default=18643)
    parser.add_argument("--only", default="", help="names or kinds, separated by commas")
    parser.add_argument("--repeat", type=int, default=1, help="how often the whole matrix is tried")
    parser.add_argument("--reads", type=int, default=20, help="how often every application is read")
    parser.add_argument("--minutes", type=float, default=0.0, help="begin no further application after so long")
    parser.add_argument("--keep", type=Path, help="add every outcome to this file, a line of JSON each")
    parser.add_argument("--page", action="store_true", help="only write the page, from the file of --keep")
    return parser.parse_args()


def read_kept(path: Path) -> list[list[Outcome]]:
    """The repetitions that a file of outcomes holds: an application's second line is of the second one."""
    runs: list[list[Outcome]] = []
    for line in path.read_text().splitlines():
        outcome = Outcome(**json.loads(line))
        free = [run for run in runs if outcome.name not in [entry.name for entry in run]]
        if free:
            free[0].append(outcome)
        else:
            runs.append([outcome])
    return runs


def try_all(arguments: argparse.Namespace) -> list[list[Outcome]]:
    """Every application, as often as asked for or as the time allows."""
    only = set(filter(None, arguments.only.split(",")))
    chosen = [one for one in applications() if not only or {one.name, one.kind} & only]
    runs: list[list[Outcome]] = []
    began_s = time.monotonic()
    with cluster(arguments.home, arguments.port) as home, tempfile.TemporaryDirectory() as scratch:
        for repetition in range(arguments.repeat):
            runs.append([])
            for number, application in enumerate(chosen):
                if arguments.minutes and time.monotonic() - began_s > arguments.minutes * 60:
                    return runs
                folder = Path(scratch) / f"{repetition}-{number}"
                folder.mkdir()
                outcome = play(Wherry(home), folder / "orders", application)
                runs[-1].append(outcome)
                tell(outcome)
                if arguments.keep:
                    with arguments.keep.open("a") as file:
                        file.write(json.dumps(asdict(outcome)) + "\n")
    return runs


def tell(outcome: Outcome) -> None:
    """One application's result, as it comes in."""
    found = ", ".join(outcome.refuted) or "nothing"
    open_ = [f"{name}: {word}" for name, word in outcome.words.items() if word in ("Not shown", "Error")]
    mark = "+" if outcome.is_right else "x"
    print(f"{mark} {outcome.name}: refuted on {found} ({outcome.took_s:.0f} s, prove {outcome.prove_s:.0f} s)"
          f" {'; '.join(open_)} {outcome.trouble}", flush=True)  # fmt: skip


def main() -> None:
    """Try all, say each, write the page; exit code 1 when the matrix is not exactly diagonal."""
    arguments = parse()
    # Whoever stops it also stops its cluster: a build server with SIGTERM, a shell that ignores Ctrl-C in the background.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if arguments.page:
        reads = read_all(arguments.reads)
        PAGE.write_text(page(read_kept(arguments.keep), arguments.repeat, reads))
        return
    runs = try_all(arguments)
    if not arguments.only:
        PAGE.write_text(page(runs, arguments.repeat, read_all(arguments.reads)))
    outcomes = [outcome for run in runs for outcome in run]
    wrong = [outcome.name for outcome in outcomes if not outcome.is_right]
    print(f"{len(outcomes) - len(wrong)} of {len(outcomes)} as they should be." + (f" Wrong: {wrong}" if wrong else ""))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

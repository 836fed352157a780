"""`make prove`: the prover is proved. Every guilty application and every innocent is released and tried, live.

Twelve guilty applications, each the walking skeleton with one sin, must be refuted on their own factor and on no
other; the innocents and the skeleton itself nowhere. The result is written to docs/prover.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "prover.md"
GIT = ("git", "-c", "user.name=Prover", "-c", "user.email=prover@example.com", "-c", "commit.gpgsign=false")


@dataclass
class Outcome:
    """What came of one application: a word for each criterion, and how long it took."""

    name: str
    expected: str
    words: dict[str, str] = field(default_factory=dict)
    took_s: float = 0.0
    trouble: str = ""

    @property
    def refuted(self) -> list[str]:
        """The criteria with a counter-example."""
        return [name for name, word in self.words.items() if word == "Refuted"]

    @property
    def is_right(self) -> bool:
        """Whether exactly the sin was found."""
        return not self.trouble and self.refuted == ([self.expected] if self.expected else [])


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


def play(wherry: Wherry, folder: Path, patch: Path | None, expected: str) -> Outcome:
    """Make the skeleton, sin, release, try everything, and read the board."""
    outcome = Outcome(patch.stem if patch else "the skeleton", expected)
    started_s = time.monotonic()
    try:
        wherry("new", "orders", "--into", str(folder), cwd=folder.parent)
        if patch is not None:
            subprocess.run(["git", "apply", "-C1", str(patch)], cwd=folder, check=True)
            subprocess.run([*GIT, "add", "--all"], cwd=folder, check=True)
            subprocess.run([*GIT, "commit", "-q", "-m", "Change"], cwd=folder, check=True)
        subprocess.run(["sh", "deploy/make-secrets"], cwd=folder, check=True, capture_output=True)
        wherry("image", "build", "database", cwd=folder)
        wherry("build", "--allow-dirty", cwd=folder)
        wherry("release", "--env", "dev", "--allow-dirty", cwd=folder)
        wherry("prove", cwd=folder, check=False)
        board = json.loads(wherry("done", "-o", "json", cwd=folder, check=False))
        factors = [entry for entry in board["verdicts"] if not entry["criterion"].startswith("contract-")]
        outcome.words = {entry["criterion"]: entry["verdict"] for entry in factors}
        live = [entry for entry in factors if any(seen["method"] == "live" for seen in entry["observations"])]
        if not live:
            outcome.trouble = "nothing was tried live"
    except (RuntimeError, subprocess.SubprocessError, ValueError) as error:
        outcome.trouble = str(error)
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


def page(outcomes: list[Outcome]) -> str:
    """The rates and every application, as a page."""
    guilty = [entry for entry in outcomes if entry.expected]
    innocent = [entry for entry in outcomes if not entry.expected]
    missed = [entry for entry in guilty if entry.expected not in entry.refuted]
    cells = sum(len(entry.words) for entry in outcomes) - sum(entry.expected in entry.words for entry in guilty)
    alarms = sum(len([name for name in entry.refuted if name != entry.expected]) for entry in outcomes)
    lines = [
        "# The prover is proved",
        "",
        "Written by `make prove`: every application is generated, changed by its patch, built, released, and tried on a",
        "twin of its own. A guilty application has exactly one sin (examples/guilty); an innocent only looks as if it had",
        "one (examples/innocent).",
        "",
        f"- Sins missed: {len(missed)} of {len(guilty)}.",
        f"- False alarms: {alarms} of {cells} verdicts.",
        f"- One application takes {sum(entry.took_s for entry in outcomes) / max(1, len(outcomes)):.0f} s, on a machine of"
        f" {os.cpu_count()} cores.",
        "",
        "| application | its sin | refuted on | seconds |",
        "|---|---|---|---|",
    ]
    for entry in (*guilty, *innocent):
        row = (entry.name, entry.expected or "none", ", ".join(entry.refuted) or "nothing")
        lines.append(f"| {' | '.join(row)} | {entry.took_s:.0f} |{' ' + entry.trouble[:80] if entry.trouble else ''}")
    return "\n".join([*lines, ""])


def main() -> None:
    """Try all, say each, write the page; exit code 1 when the matrix is not exactly diagonal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a cluster that runs already")
    parser.add_argument("--port", type=int, default=18643)
    parser.add_argument("--only", default="", help="names, separated by commas")
    parser.add_argument("--keep", type=Path, help="write what was found to this file too, as JSON")
    arguments = parser.parse_args()
    apps: list[tuple[Path | None, str]] = [(None, "")]
    apps += [(patch, patch.stem) for patch in sorted((ROOT / "examples" / "guilty").glob("*.patch"))]
    apps += [(patch, "") for patch in sorted((ROOT / "examples" / "innocent").glob("*.patch"))]
    only = set(filter(None, arguments.only.split(",")))
    outcomes = []
    with cluster(arguments.home, arguments.port) as home, tempfile.TemporaryDirectory() as scratch:
        for number, (patch, expected) in enumerate(apps):
            if only and (patch.stem if patch else "skeleton") not in only:
                continue
            (Path(scratch) / str(number)).mkdir()
            outcome = play(Wherry(home), Path(scratch) / str(number) / "orders", patch, expected)
            outcomes.append(outcome)
            mark = "+" if outcome.is_right else "x"
            found = ", ".join(outcome.refuted) or "nothing"
            print(f"{mark} {outcome.name}: refuted on {found} ({outcome.took_s:.0f} s) {outcome.trouble}", flush=True)
    if arguments.keep:
        arguments.keep.write_text(json.dumps([asdict(outcome) for outcome in outcomes]))
    if not only:
        PAGE.write_text(page(outcomes))
    wrong = [outcome.name for outcome in outcomes if not outcome.is_right]
    print(f"{len(outcomes) - len(wrong)} of {len(outcomes)} as they should be." + (f" Wrong: {wrong}" if wrong else ""))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

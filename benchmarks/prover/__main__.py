"""Read, try, write the page; exit code 1 when something was not as it should be."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from benchmarks.prover.applications import ROOT, chosen
from benchmarks.prover.command import Wherry, cluster
from benchmarks.prover.matrix import try_matrix
from benchmarks.prover.own import Workshop, try_own
from benchmarks.prover.page import page
from benchmarks.prover.reading import read_all
from benchmarks.prover.results import Results, open_results

ENDED = 130
PAGE = ROOT / "docs" / "prover.md"


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.prover", description=__doc__)
    parser.add_argument("--reads", type=int, default=20, help="how often every application is read")
    parser.add_argument("--own", type=int, default=20, help="how often every application is tried on its own criterion")
    parser.add_argument("--repeat", type=int, default=1, help="how often the whole matrix is tried")
    parser.add_argument("--only", default="", help="names or kinds of applications, separated by commas")
    parser.add_argument("--minutes", type=float, default=0.0, help="begin nothing more of the matrix after so long")
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "prover.jsonl", help="a line for each trial")
    parser.add_argument("--continue", dest="go_on", action="store_true", help="only what the results do not have yet")
    parser.add_argument("--page", action="store_true", help="only write the page, from the results")
    parser.add_argument("--home", type=Path, help="a cluster that runs already")
    parser.add_argument("--work", type=Path, help="the folder for cluster and applications; a new one, if not named")
    parser.add_argument("--port", type=int, default=18643, help="of the cluster that is started")
    return parser.parse_args()


def try_live(arguments: argparse.Namespace, results: Results) -> None:
    """Try them on a cluster, which is gone afterwards."""
    applications = chosen(arguments.only)
    with cluster(arguments.home, arguments.work, arguments.port) as (home, place):
        wherry = Wherry(home)
        try:
            wherry("contract", "setup", "--project", str(_project(wherry, place)), cwd=place)
            try_own(Workshop(wherry, place), applications, arguments.own, results)
            try_matrix(wherry, place, applications, arguments.repeat, results, arguments.minutes)
        finally:
            wherry.stop()


def _project(wherry: Wherry, place: Path) -> Path:
    """Some project: contracts are looked at from one."""
    wherry("new", "setup", "--into", str(place / "setup"), cwd=place)
    return place / "setup"


def main() -> None:
    """Do what was asked for."""
    arguments = parse()
    # Whoever stops it also stops its cluster: a build server with SIGTERM, a shell that ignores Ctrl-C in the background.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    results = open_results(arguments.results, go_on=arguments.go_on or arguments.page)
    if not arguments.page:
        try:
            read_all(chosen(arguments.only), arguments.reads, results)
            if arguments.own or arguments.repeat:
                try_live(arguments, results)
        except KeyboardInterrupt:
            print("Ended; with --continue it goes on from here.")
            sys.exit(ENDED)
    trials = results.read()
    if not arguments.only:
        PAGE.write_text(page(trials))
    wrong = [trial for trial in trials if not trial.is_right]
    print(f"{len(trials) - len(wrong)} of {len(trials)} trials as they should be.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

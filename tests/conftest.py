"""What all tests share."""

from __future__ import annotations

import random
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from suites.conformance import Outcome, Outcomes, report
from wherry.kit.clock import FakeClock

REPORT_OPTION = "--conformance-report"
OUTCOMES = pytest.StashKey[Outcomes]()


@pytest.fixture
def clock() -> FakeClock:
    """Time that moves when told."""
    return FakeClock()


@pytest.fixture
def seeded() -> random.Random:
    """Randomness that repeats."""
    return random.Random(7)


def pytest_addoption(parser: pytest.Parser) -> None:
    """A page to write about the boxes of the conformance list."""
    parser.addoption(REPORT_OPTION, type=Path, help="write here which boxes of the conformance list pass")


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no box tried."""
    config.stash[OUTCOMES] = Outcomes()
    # Started in a shell's background SIGINT is ignored, and so it would be by every program that a test interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what came of a test that shows boxes."""
    made = yield
    names = [str(mark.args[0]) for mark in item.iter_markers("box")]
    if names and (made.when == "call" or not made.passed):
        outcome: Outcome = "fails" if made.failed else "skipped" if made.skipped else "passes"
        item.config.stash[OUTCOMES].note(names, outcome)
    return made


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page."""
    path = session.config.getoption(REPORT_OPTION)
    if path is not None:
        path.write_text(report(session.config.stash[OUTCOMES].of_box))

"""The static checks against repositories with one sin each: refuted on its own factor, and on no other."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wherry.method.done.agreement import Agreement
from wherry.method.done.board import Board
from wherry.method.done.check import judge_facts
from wherry.method.done.criteria import BY_ID
from wherry.method.evidence.criterion import Factor
from wherry.method.evidence.verdict import Verdict, Word
from wherry.method.factors.admin_processes import ADMIN_PROCESSES
from wherry.method.factors.backing_services import BACKING_SERVICES
from wherry.method.factors.build_release_run import BUILD_RELEASE_RUN
from wherry.method.factors.codebase import CODEBASE
from wherry.method.factors.concurrency import CONCURRENCY
from wherry.method.factors.config import CONFIG
from wherry.method.factors.dependencies import DEPENDENCIES
from wherry.method.factors.disposability import DISPOSABILITY
from wherry.method.factors.logs import LOGS
from wherry.method.factors.parity import PARITY
from wherry.method.factors.port_binding import PORT_BINDING
from wherry.method.factors.processes import PROCESSES
from wherry.method.factors.registry import FACTORS
from wherry.method.facts.reading import read_facts

FIXTURES = Path(__file__).parent / "fixtures"
CHECKS = sorted(path.parent.name for path in FIXTURES.glob("*/fail"))
INNOCENTS = sorted(path.name for path in (FIXTURES / "innocents").iterdir())
KUBECTL = Path(sys.executable).parent / "kubectl"
TODAY = datetime.date(2026, 1, 31)

IN_THE_MANIFESTOS_ORDER = (
    CODEBASE,
    DEPENDENCIES,
    CONFIG,
    BACKING_SERVICES,
    BUILD_RELEASE_RUN,
    PROCESSES,
    PORT_BINDING,
    CONCURRENCY,
    DISPOSABILITY,
    PARITY,
    LOGS,
    ADMIN_PROCESSES,
)


# What files alone never refute.
SEEN_ON_WHAT_RUNS = {"contract-exposed", "contract-verified", "rest-api"}


def factor_of(check: str) -> str:
    """ "config-secret" is a check of the factor config."""
    return max((name for name in BY_ID if check == name or check.startswith(f"{name}-")), key=len)


async def board_of(root: Path) -> Board:
    return judge_facts(await read_facts(root, KUBECTL), Agreement(), TODAY)


def refuted(board: Board) -> list[Verdict]:
    return [entry for entry in board.verdicts if entry.word is Word.REFUTED]


@pytest.mark.parametrize("check", CHECKS)
async def test_a_repository_without_the_sin_is_refuted_nowhere(check: str, committed: Callable[[Path], Path]) -> None:
    board = await board_of(committed(FIXTURES / check / "pass"))
    assert [entry.says for entry in refuted(board)] == []
    assert board.words[factor_of(check)] in (Word.SUPPORTED, Word.NOT_SHOWN, Word.NOT_APPLICABLE)


@pytest.mark.parametrize("check", CHECKS)
async def test_a_sin_is_refuted_on_its_own_factor_and_on_no_other(
    check: str, committed: Callable[[Path], Path]
) -> None:
    root = committed(FIXTURES / check / "fail")
    found = refuted(await board_of(root))
    assert [(entry.criterion, entry.word) for entry in found] == [(factor_of(check), Word.REFUTED)]
    assert found[0].fix


@pytest.mark.parametrize("check", CHECKS)
async def test_a_counter_example_can_be_repeated_by_its_own_command(
    check: str, committed: Callable[[Path], Path]
) -> None:
    root = committed(FIXTURES / check / "fail")
    (verdict,) = refuted(await board_of(root))
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-c", verdict.repeat], cwd=root, capture_output=True, text=True, check=False, env={"PATH": path}
    )
    assert done.stdout.strip(), f"{verdict.repeat}: {done.stderr}"


@pytest.mark.parametrize("name", INNOCENTS)
async def test_a_tempting_innocent_is_never_refuted(name: str, committed: Callable[[Path], Path]) -> None:
    board = await board_of(committed(FIXTURES / "innocents" / name))
    assert [f"{entry.criterion}: {entry.says}" for entry in refuted(board)] == []


@pytest.mark.parametrize("factor", BY_ID.values(), ids=lambda factor: factor.id)
def test_every_factor_has_fixtures_and_words_for_everybody(factor: Factor) -> None:
    assert factor.id in SEEN_ON_WHAT_RUNS or any(factor_of(check) == factor.id for check in CHECKS)
    assert factor.criterion.plain.endswith(".")
    assert len(factor.criterion.plain.split()) <= 25


def test_the_factors_are_the_manifestos_twelve_in_its_order() -> None:
    assert FACTORS == IN_THE_MANIFESTOS_ORDER
    assert [factor.criterion.code for factor in FACTORS] == [
        "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII",
    ]  # fmt: skip

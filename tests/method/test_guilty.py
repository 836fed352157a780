"""The guilty applications: the walking skeleton with one sin each, as patches; and innocents that look guilty."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.prover.applications import applications, patches, read_change
from benchmarks.prover.reading import ONLY_WHAT_RUNS

from wherry.method.done.agreement import Agreement
from wherry.method.done.check import judge_facts
from wherry.method.done.criteria import BY_ID
from wherry.method.evidence.verdict import Verdict, Word
from wherry.method.facts.reading import read_facts

GUILTY, HIDDEN, INNOCENT = (patches(kind) for kind in ("guilty", "hidden", "innocent"))
IN_FILES = [path for path in GUILTY if path.stem not in ONLY_WHAT_RUNS]
ONLY_LIVE = [path for path in GUILTY if path.stem in ONLY_WHAT_RUNS]
KUBECTL = Path(sys.executable).parent / "kubectl"
TODAY = datetime.date(2026, 1, 31)
SIN_LINES_MAX = 25
SENTENCE_WORDS_MAX = 40


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("skeleton") / "orders"
    made = [sys.executable, "-m", "wherry", "new", "orders", "--into", str(folder)]
    subprocess.run(made, check=True, capture_output=True, cwd=folder.parent)
    return folder


async def refuted(root: Path) -> list[str]:
    return [entry.criterion for entry in await counter_examples(root)]


async def counter_examples(root: Path) -> list[Verdict]:
    board = judge_facts(await read_facts(root, KUBECTL), Agreement(), TODAY)
    assert len(board.verdicts) == len(BY_ID)
    return [entry for entry in board.verdicts if entry.word is Word.REFUTED]


def sinning(skeleton: Path, patch: Path, folder: Path) -> Path:
    """A copy of the skeleton with the patch in a commit."""
    root = folder / "orders"
    shutil.copytree(skeleton, root)
    change(root, patch)
    return root


def change(root: Path, patch: Path) -> None:
    """Apply a patch, and commit it."""
    subprocess.run(["git", "apply", "--unidiff-zero", "-C1", str(patch)], cwd=root, check=True)
    author = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    subprocess.run(["git", "add", "--all"], cwd=root, check=True)
    subprocess.run(["git", *author, "commit", "-q", "-m", "Change"], cwd=root, check=True)


def test_there_is_a_guilty_application_for_every_criterion_and_an_innocent_that_looks_like_it() -> None:
    assert {path.stem for path in GUILTY} == set(BY_ID)
    tempted = {criterion for path in INNOCENT for criterion in read_change(path).tempts}
    assert set(BY_ID) - tempted == set()


def test_every_application_says_what_it_is_in_a_sentence() -> None:
    changes = [change for one in applications() for change in one.changes]
    assert [change.path.name for change in changes if not change.says.endswith(".")] == []
    assert [change.path.name for change in changes if len(change.says.split()) > SENTENCE_WORDS_MAX] == []
    assert [one.name for one in applications() if not one.own] == []


@pytest.mark.parametrize("patch", IN_FILES, ids=lambda path: path.stem)
async def test_a_guilty_application_is_refuted_on_its_own_factor_and_on_no_other(
    patch: Path, skeleton: Path, tmp_path: Path
) -> None:
    (found,) = await counter_examples(sinning(skeleton, patch, tmp_path))
    assert found.criterion == patch.stem
    assert found.says.endswith(".")
    assert len(found.says.split()) <= SENTENCE_WORDS_MAX
    assert found.fix
    assert found.repeat


@pytest.mark.parametrize("patch", [*GUILTY, *HIDDEN], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_sin_is_a_few_lines(patch: Path) -> None:
    changed = [line for line in patch.read_text().splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert len(changed) <= SIN_LINES_MAX


@pytest.mark.parametrize("patch", GUILTY, ids=lambda path: path.stem)
async def test_a_guilty_application_is_innocent_once_the_advice_is_applied(
    patch: Path, skeleton: Path, tmp_path: Path
) -> None:
    root = sinning(skeleton, patch, tmp_path)
    change(root, patch.parent / "fixes" / patch.name)
    assert await refuted(root) == []


@pytest.mark.parametrize("patch", [*HIDDEN, *ONLY_LIVE], ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_a_hidden_sin_is_seen_by_no_reading(patch: Path, skeleton: Path, tmp_path: Path) -> None:
    assert await refuted(sinning(skeleton, patch, tmp_path)) == []


@pytest.mark.parametrize("patch", INNOCENT, ids=lambda path: path.stem)
async def test_an_innocent_that_looks_guilty_is_refuted_nowhere(patch: Path, skeleton: Path, tmp_path: Path) -> None:
    assert await refuted(sinning(skeleton, patch, tmp_path)) == []


async def test_the_skeleton_itself_is_supported_on_all_that_files_can_show(skeleton: Path) -> None:
    board = judge_facts(await read_facts(skeleton, KUBECTL), Agreement(), TODAY)
    only_the_cluster_knows = {"contract-agreed", "contract-verified"}
    assert {entry.criterion for entry in board.missing} == only_the_cluster_knows
    assert {entry.word for entry in board.done} == {Word.SUPPORTED}

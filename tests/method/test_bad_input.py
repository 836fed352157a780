"""What is wrong with a team's files is said in a clear sentence, with the way out and the right exit code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUILTY = ROOT / "examples" / "guilty"
CONTRACT = "contracts/provides/orders.v1.openapi.yaml"


def wherry(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wherry", "--home", str(folder.parent / "home"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("skeleton")
    assert wherry(folder, "new", "orders").returncode == 0
    return folder / "orders"


@pytest.fixture
def orders(skeleton: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(skeleton, tmp_path / "orders"))


def break_contract(orders: Path) -> None:
    path = orders / CONTRACT
    path.write_text(path.read_text().replace("paths:", "paths: [a list]\nunused:"))


def test_a_broken_openapi_document_is_refuted_with_its_line(orders: Path) -> None:
    break_contract(orders)
    done = wherry(orders, "check")
    assert done.returncode == 1
    assert "Contract explicit: contracts/provides/orders.v1.openapi.yaml, line" in done.stdout
    assert "Repeat: sed -n" in done.stdout


@pytest.mark.parametrize("command", [("contract", "expose"), ("breaks",), ("contract", "diff", CONTRACT, CONTRACT)])
def test_a_broken_openapi_document_is_published_and_compared_by_nobody(command: tuple[str, ...], orders: Path) -> None:
    break_contract(orders)
    done = wherry(orders, *command)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "orders.v1.openapi.yaml, line" in done.stderr
    assert "Do:" in done.stderr


def test_two_services_on_one_database_are_refuted_with_a_command_that_shows_it(orders: Path) -> None:
    subprocess.run(["git", "apply", "-C1", str(GUILTY / "own-database.patch")], cwd=orders, check=True)
    done = wherry(orders, "check")
    assert done.returncode == 1
    assert "CronJob reports is another program (reports) on the service's database" in done.stdout
    assert "Fix:    give each service a database of its own" in done.stdout


def waive(orders: Path, until: str) -> None:
    waiver = f'\n[[waiver]]\ncriterion = "own-database"\nwho = "ana"\nwhy = "reports move"\nuntil = {until}\n'
    (orders / "done.toml").write_text((orders / "done.toml").read_text() + waiver)


def test_a_waiver_that_has_ended_counts_no_more_and_says_so(orders: Path) -> None:
    subprocess.run(["git", "apply", "-C1", str(GUILTY / "own-database.patch")], cwd=orders, check=True)
    waive(orders, "2020-01-31")
    done = wherry(orders, "check")
    assert done.returncode == 1
    assert "The waiver of ana ended on 2020-01-31." in done.stdout
    waive(orders, "2999-01-31")
    done = wherry(orders, "check")
    assert done.returncode == 0
    assert "Waived by ana until 2999-01-31: reports move." in done.stdout
    assert "1 waived" in done.stdout.splitlines()[0]


def test_a_waiver_for_the_past_or_of_nothing_is_not_written(orders: Path) -> None:
    before = (orders / "done.toml").read_text()
    past = wherry(orders, "waive", "parity", "--why", "later", "--until", "2020-01-31")
    unknown = wherry(orders, "waive", "own-databse", "--why", "later", "--until", "2999-01-31")
    assert (past.returncode, unknown.returncode) == (2, 2)
    assert "2020-01-31 is over" in past.stderr
    assert "own-database" in unknown.stderr
    assert (orders / "done.toml").read_text() == before


def test_a_done_toml_that_cannot_be_read_stops_everything_that_judges(orders: Path) -> None:
    (orders / "done.toml").write_text('requires = ["everything"]')
    for command in ("check", "done", "meaning"):
        done = wherry(orders, command)
        assert done.returncode == 2, command
        assert 'there is no criterion "everything"' in done.stderr


def test_without_a_cluster_the_board_is_about_files_and_nothing_is_remembered(orders: Path) -> None:
    done = wherry(orders, "done")
    assert done.returncode == 1
    assert "this is about files only" in done.stderr
    review = wherry(orders, "done", "--review", "Sprint 1")
    assert review.returncode == 1
    assert "no change is remembered" in review.stderr
    backlog = wherry(orders, "done", "--backlog")
    assert backlog.returncode == 0
    assert "## Show Contract agreed of orders" in backlog.stdout


def test_words_and_agreements_are_written_into_the_teams_own_file(orders: Path) -> None:
    assert wherry(orders, "meaning", "admin", "--agree").returncode == 2
    said = wherry(orders, "meaning", "admin", "--say", 'A Job, never "by hand".', "--agree", "--who", "orders")
    assert said.returncode == 0
    assert 'To this team: A Job, never "by hand".' in said.stdout
    table = wherry(orders, "meaning").stdout
    assert "the whole team agrees on what 1 of 18 criteria mean." in table
    assert wherry(orders, "meaning", "admin", "--say", "Another thing.").returncode == 0
    changed = wherry(orders, "meaning", "admin").stdout
    assert "Agreed by: nobody yet" in changed
    assert "orders agreed to other words" in changed

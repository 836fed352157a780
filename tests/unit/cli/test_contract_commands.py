"""`wherry contract diff` and `wherry breaks`, on files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wherry.cli.commands.breaks import command as breaks
from wherry.cli.commands.contract import command as contract
from wherry.cli.output import Trouble
from wherry.cluster.data_dir import DataDir

PAIRS = Path(__file__).parents[2] / "method" / "fixtures" / "rules"
REMOVED = PAIRS / "response-field-removed"
PACT = """{"consumer": {"name": "web"}, "provider": {"name": "orders"}, "interactions": [{"description": "buys",
 "request": {"method": "POST", "path": "/orders"}, "response": {"status": 200, "body": {"price": 5}}}]}"""


def diff(*arguments: str) -> Result:
    return CliRunner().invoke(contract, ["diff", *arguments])


def test_a_broken_promise_is_told_and_the_answer_is_no() -> None:
    result = diff(str(REMOVED / "before.yaml"), str(REMOVED / "after.yaml"))
    assert result.exit_code == 1
    assert result.output.startswith("1 of 1 changes from ")
    assert "POST /orders no longer answers with price." in result.output
    assert "Next: wherry breaks" in result.output


def test_what_keeps_the_promise_is_shown_on_demand_and_the_answer_is_yes() -> None:
    pair = [str(PAIRS / "response-field-added" / name) for name in ("before.yaml", "after.yaml")]
    assert "keeps the promise" not in diff(*pair).output
    result = diff(*pair, "--all")
    assert "keeps the promise" in result.output
    assert result.exit_code == 0


def test_a_broken_document_is_something_that_was_typed(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("openapi: 2")
    result = diff(str(tmp_path / "x.yaml"), str(REMOVED / "after.yaml"))
    assert isinstance(result.exception, Trouble)
    assert result.exception.exit_code == 2


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=ana", "-c", "user.email=ana@example.com"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A service whose working tree has dropped the price since the last commit; web has a need beside it."""
    service = tmp_path / "orders"
    (service / "contracts").mkdir(parents=True)
    (service / "wherry.toml").write_text(
        'name = "orders"\n[service]\ncontract = "contracts/api.yaml"\n[environments.dev]\noverlay = "x"\n'
    )
    document = service / "contracts" / "api.yaml"
    document.write_text((REMOVED / "before.yaml").read_text())
    git(service, "init", "-q")
    git(service, "add", ".")
    git(service, "commit", "-q", "-m", "Promise a price")
    document.write_text((REMOVED / "after.yaml").read_text())
    needs = tmp_path / "web" / "contracts" / "needs"
    needs.mkdir(parents=True)
    (needs / "orders.json").write_text(PACT)
    return service


def run_breaks(orders: Path, *arguments: str) -> Result:
    """Where there is no cluster."""
    nowhere = DataDir(orders.parent / "nowhere")
    return CliRunner().invoke(breaks, ["--project", str(orders), *arguments], obj=nowhere)


def test_the_working_tree_is_held_against_the_last_commit_and_partners_needs(orders: Path) -> None:
    needs = orders.parent / "web" / "contracts" / "needs"
    result = run_breaks(orders, "--needs", str(needs))
    assert isinstance(result.exception, Trouble)
    assert result.exception.exit_code == 1
    assert result.exception.message == "web would break"
    assert result.stdout.startswith("This change breaks 1 promise and 1 partner.")
    assert (
        "POST /orders no longer answers with price. The promise changes, and web uses it: web breaks." in result.output
    )


def test_a_promise_that_nobody_needs_may_break_with_a_new_version(orders: Path) -> None:
    result = run_breaks(orders)
    assert result.exception is None
    assert result.stdout.startswith("This change breaks 1 promise and no partner.")


def test_another_file_can_be_compared_with(orders: Path) -> None:
    result = run_breaks(orders, "--against", str(REMOVED / "after.yaml"))
    assert result.stdout == "The contract of orders says what it said before.\nNext: wherry contract list\n"


def test_a_program_gets_the_same_answer_whole(orders: Path) -> None:
    needs = orders.parent / "web" / "contracts" / "needs"
    result = run_breaks(orders, "--needs", str(needs), "-o", "json")
    found = json.loads(result.stdout)
    assert (found["broken"], found["findings"][0]["level"]) == (["web"], "breaking")
    assert isinstance(result.exception, Trouble)
    assert run_breaks(orders, "--needs", str(needs), "-o", "name").stdout == "web\n"


def test_with_nothing_to_compare_it_says_so(orders: Path) -> None:
    result = run_breaks(orders, "--against", "v1")
    assert isinstance(result.exception, Trouble)
    assert "to compare with" in result.exception.message

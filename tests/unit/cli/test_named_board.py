"""`wherry done SERVICE`: one service by its name, from whichever folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from suites.typed_commands import parse
from wherry.api.method.board import BoardSpec
from wherry.cli import named_board
from wherry.cli.commands.done import command
from wherry.cli.named_board import choose_boards
from wherry.cli.output import Trouble
from wherry.cluster.data_dir import DataDir
from wherry.method.done.board import Board
from wherry.method.done.kept_boards import KeptBoard
from wherry.method.evidence.verdict import Verdict, Word

FINE = Verdict("config", Word.PROVED, "It is.", digest="a")
BROKEN = Verdict("logs", Word.REFUTED, "A file grows.", digest="a", fix="print it", repeat="wherry prove logs --in dev")


def kept(service: str, environment: str, *verdicts: Verdict, judged: bool = True) -> KeptBoard:
    record = BoardSpec(service=service, at="2026-01-01T00:00:00Z", release=f"{service}-r1") if judged else None
    return KeptBoard(f"{service}-{environment}", Board(service, verdicts, "a"), record, environment)


KNOWN = (
    kept("orders", "dev", FINE, BROKEN),
    kept("orders", "prod", FINE, judged=False),
    kept("web", "dev", FINE),
)


@pytest.fixture(autouse=True)
def _in_a_folder_of_no_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def with_client(*_: object, **__: object) -> Sequence[KeptBoard]:
        return KNOWN

    monkeypatch.setattr(named_board, "with_client", with_client)


def typed(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments], obj=DataDir(tmp_path / "home"))


def test_one_environment_is_shown_in_full_with_where_to_type_the_next_step(tmp_path: Path) -> None:
    result = typed(tmp_path, "orders", "--in", "dev")
    assert result.exit_code == 1
    assert result.stdout.startswith("orders: Done: 1 of 2; 1 not.\n")
    assert "  Repeat: wherry prove logs --in dev\n" in result.stdout
    assert result.stdout.endswith("Next: wherry prove logs     (in the repository of orders)\n")


def test_several_environments_are_a_table_and_the_first_that_is_not_done_comes_next(tmp_path: Path) -> None:
    result = typed(tmp_path, "orders")
    first, *_, last = result.stdout.splitlines()
    assert (result.exit_code, first) == (1, "orders: done in 1 of 2 environments.")
    assert "orders-prod" in result.stdout
    assert "web" not in result.stdout
    assert last == "Next: wherry done orders --in dev"
    parse(last.removeprefix("Next: "))


def test_a_service_that_is_done_has_exit_code_0_and_one_that_nobody_has_judged_says_so(tmp_path: Path) -> None:
    assert typed(tmp_path, "web").exit_code == 0
    result = typed(tmp_path, "orders", "--in", "prod")
    assert result.exit_code == 0
    assert "Nobody has judged it in orders-prod yet" in result.stderr


def test_programs_get_a_list_and_a_backlog_is_about_one_environment(tmp_path: Path) -> None:
    assert [one["service"] for one in json.loads(typed(tmp_path, "orders", "-o", "json").stdout)] == ["orders"] * 2
    assert "Mend Logs of orders" in typed(tmp_path, "orders", "--in", "dev", "--backlog").stdout
    for arguments in (["--backlog"], ["-o", "junit"], ["--since", "last"]):
        error = typed(tmp_path, "orders", *arguments).exception
        assert isinstance(error, Trouble)
        assert (error.remedy, error.exit_code) == ("name it: --in dev", 2)


@pytest.mark.parametrize(
    ("name", "environment", "remedy"),
    [
        ("oders", None, "wherry done orders"),
        ("zzz", None, "one of: orders, web"),
        ("orders", "staging", "one of: dev, prod"),
    ],
)
def test_a_name_that_is_wrong_gets_those_that_there_are(name: str, environment: str | None, remedy: str) -> None:
    with pytest.raises(Trouble) as error:
        choose_boards(KNOWN, name, environment)
    assert (error.value.remedy, error.value.exit_code) == (remedy, 2)


def test_where_nothing_is_released_the_way_to_a_first_release_is_said() -> None:
    with pytest.raises(Trouble) as error:
        choose_boards((), "orders", None)
    assert error.value.remedy == "wherry new NAME, then: wherry release"


def test_an_environment_goes_by_its_namespace_too() -> None:
    assert [one.environment for one in choose_boards(KNOWN, "orders", "orders-prod")] == ["prod"]


def test_what_can_be_no_name_is_a_folder_that_is_missing_and_a_review_needs_the_repository(tmp_path: Path) -> None:
    missing = typed(tmp_path, "services/orders").exception
    assert isinstance(missing, Trouble)
    assert (missing.message, missing.exit_code) == ("there is no folder services/orders", 2)
    review = typed(tmp_path, "orders", "--review", "Sprint 1").exception
    assert isinstance(review, Trouble)
    assert "in the repository of orders" in review.remedy

"""What cannot be undone is asked about first; where nobody can be asked it has to be meant."""

from __future__ import annotations

import io

import click
import pytest

from wherry.cli.consent import ask_first, ask_for
from wherry.cli.output import Trouble


def test_without_a_terminal_nothing_is_lost_by_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["wherry", "down", "--delete-data"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(Trouble) as refused:
        ask_first("Deleting it", yes=False)
    assert refused.value.exit_code == 4
    assert refused.value.remedy == "wherry down --delete-data --yes"


def test_who_means_it_is_not_asked() -> None:
    ask_first("Deleting it", yes=True)


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> Tty:
    said = Tty()
    monkeypatch.setattr("sys.stdin", Tty(typed))
    monkeypatch.setattr("sys.stderr", said)
    return said


def test_who_changes_what_users_have_types_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    said = at_a_terminal(monkeypatch, "prod\n")
    ask_for("prod", "Going back from orders-r8 to orders-r7", yes=False)
    assert said.getvalue().startswith("Going back from orders-r8 to orders-r7.\nTo change prod, type its name")


@pytest.mark.parametrize("typed", ["y\n", "yes\n", "\n", "staging\n"])
def test_another_word_than_its_name_changes_nothing(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    at_a_terminal(monkeypatch, typed)
    with pytest.raises(click.Abort):
        ask_for("prod", "Going back", yes=False)


def test_a_script_has_to_mean_it_where_users_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["wherry", "rollback", "--in", "prod"])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(Trouble) as refused:
        ask_for("prod", "Going back", yes=False)
    assert refused.value.exit_code == 4
    assert refused.value.remedy == "wherry rollback --in prod --yes"
    assert "prod is where users are" in refused.value.message
    ask_for("prod", "Going back", yes=True)

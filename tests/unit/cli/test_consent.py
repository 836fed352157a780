"""What cannot be undone is asked about first; where nobody can be asked it has to be meant."""

from __future__ import annotations

import pytest

from wherry.cli.consent import ask_first
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

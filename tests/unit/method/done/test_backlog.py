"""What is not done, as backlog items that a team can plan."""

from __future__ import annotations

import json

from wherry.method.backlog import as_json, as_markdown
from wherry.method.done.backlog import heading, items
from wherry.method.done.board import Board
from wherry.method.evidence.verdict import Verdict, Word

BOARD = Board(
    "orders",
    (
        Verdict("config", Word.NOT_SHOWN, "Nothing was found."),
        Verdict("parity", Word.WAIVED, "Waived by ana."),
        Verdict("logs", Word.REFUTED, "It writes a file.", fix="print instead", repeat="sed -n 3p src/app.py"),
        Verdict("admin", Word.PROVED, "It is so."),
        Verdict("own-database", Word.STALE, "It was Proved for another release.", repeat="wherry prove own-database"),
    ),
)


def test_everything_that_is_neither_done_nor_waived_is_an_item_and_what_was_refuted_comes_first() -> None:
    assert [item.title for item in items(BOARD)] == [
        "Mend Logs of orders",
        "Show Config of orders",
        "Show again: Own database of orders",
    ]


def test_an_item_says_why_how_and_by_what_anybody_sees_that_it_is_done() -> None:
    logs = items(BOARD)[0]
    assert (logs.why, logs.how, logs.source) == ("It writes a file.", "print instead", "sed -n 3p src/app.py")
    assert logs.criteria[0].startswith("The service says what happens on its standard output")
    assert logs.criteria[1] == "`sed -n 3p src/app.py` shows no counter-example any more."
    assert logs.criteria[2].startswith("`wherry prove logs` ends with exit code 0")


def test_the_items_are_written_in_the_forms_of_every_backlog() -> None:
    assert as_markdown(heading(BOARD), items(BOARD)).startswith("# orders: what is not done\n\n## Mend Logs of orders")
    assert len(json.loads(as_json(heading(BOARD), items(BOARD)))["items"]) == 3


def test_a_release_that_is_done_leaves_nothing() -> None:
    assert items(Board("orders", (Verdict("admin", Word.PROVED, "It is so."),))) == ()

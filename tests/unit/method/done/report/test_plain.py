"""Words of a log in a report: no form of it is spoiled by them."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
import yaml

from wherry.method.done.backlog import items
from wherry.method.done.board import Board
from wherry.method.done.report.pages import as_html, as_markdown
from wherry.method.done.report.plain import plain, plain_board
from wherry.method.done.report.structured import as_csv, as_document, as_junit, as_open_report
from wherry.method.evidence.observation import against, doubt, supports
from wherry.method.evidence.verdict import judge

WORDS = "It said \x1b[31mno\x1b[0m\x00\x0b \ufffe\udc80\x9b and ended.\r\nTwice."
SHOWN = "It said no\ufffd\ufffd \ufffd\ufffd\ufffd and ended.\r\nTwice."
BOARD = Board(
    "orders",
    (
        judge("logs", [against(WORDS, "a\x01.py", fix=WORDS, repeat="x\x02")]),
        judge("config", [supports(WORDS)]),
        judge("admin", [doubt(WORDS)]),
    ),
)
FORMS: dict[str, Callable[[Board], str]] = {
    "junit": as_junit,
    "csv": as_csv,
    "html": lambda board: as_html(board, 0),
    "markdown": lambda board: as_markdown(board, 0),
    "json": lambda board: json.dumps(as_document(board), ensure_ascii=False),
    "openreports": lambda board: yaml.safe_dump(as_open_report(board, 0), allow_unicode=True),
    "backlog": lambda board: "".join(
        map(str, (part for one in items(board) for part in (one.why, one.how, one.source)))
    ),
}
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_report_holds_what_documents_forbid(form: str) -> None:
    made = FORMS[form](BOARD)
    assert FORBIDDEN.findall(made) == []
    assert "It said no" in made
    assert made.encode()


def test_build_servers_and_spreadsheets_read_a_board_with_words_of_a_log() -> None:
    assert [case.attrib["name"] for case in ET.fromstring(as_junit(BOARD))] == ["logs", "config", "admin"]
    rows = list(csv.DictReader(io.StringIO(as_csv(BOARD), newline="")))
    assert [row["says"] for row in rows] == [SHOWN] * 3


def test_what_can_be_written_stays_as_it_is() -> None:
    words = "Grüße, 世界 😀\ta\nb"
    assert plain(words) == words
    assert plain_board(BOARD).words == BOARD.words

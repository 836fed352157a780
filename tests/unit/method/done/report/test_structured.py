"""The board for machines: JSON, JUnit, CSV, OpenReports."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET

from wherry.method.done.board import Board
from wherry.method.done.report.structured import OPEN_REPORTS, as_csv, as_document, as_junit, as_open_report
from wherry.method.evidence.observation import against, not_applicable, supports
from wherry.method.evidence.verdict import Word, judge

BOARD = Board(
    "orders",
    (
        judge("logs", [against('It writes "a" & <b>.', "src/app.py:3", fix="=print")]),
        judge("config", [supports("Fine.")]),
        judge("admin", [not_applicable("No tasks.")]),
    ),
)


def test_junit_can_be_read_by_a_build_server() -> None:
    suite = ET.fromstring(as_junit(BOARD))
    assert suite.attrib["tests"] == "3"
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("1", "1")
    assert [case.attrib["name"] for case in suite] == ["logs", "config", "admin"]
    failure = suite[0].find("failure")
    assert failure is not None
    assert failure.attrib["message"] == 'Refuted: It writes "a" & <b>.'


def test_a_spreadsheet_gets_text_and_no_formulas() -> None:
    rows = list(csv.DictReader(as_csv(BOARD).splitlines()))
    assert [row["done"] for row in rows] == ["no", "yes", "yes"]
    assert rows[0]["fix"] == "'=print"
    said = Board("orders", (judge("config", [supports("-1+2")]),))
    assert next(csv.DictReader(as_csv(said).splitlines()))["says"] == "'-1+2"


def test_the_document_keeps_every_observation_and_how_to_repeat_it() -> None:
    verdicts = as_document(BOARD)["verdicts"]
    assert isinstance(verdicts, list)
    assert verdicts[0]["observations"][0]["repeat"] == "sed -n 3p src/app.py"
    assert verdicts[0]["title"] == "Logs"


def test_open_reports_has_a_word_for_each_of_ours() -> None:
    assert set(OPEN_REPORTS) == set(Word)
    report = as_open_report(BOARD, 0)
    assert report["summary"] == {"pass": 1, "fail": 1, "warn": 0, "error": 0, "skip": 1}

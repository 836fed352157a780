"""A board as JSON, as JUnit XML for build servers, as CSV for spreadsheets, and as an OpenReports object."""

from __future__ import annotations

import csv
import io
from xml.sax.saxutils import escape, quoteattr

from wherry.apimachinery.document import Document
from wherry.method.backlog import as_cell
from wherry.method.done.board import DONE, Board
from wherry.method.done.criteria import BY_ID
from wherry.method.done.report.plain import plain_board
from wherry.method.evidence.verdict import Verdict, Word

# https://openreports.io: the words that dashboards of policies know.
OPEN_REPORTS = {
    Word.PROVED: "pass",
    Word.SUPPORTED: "pass",
    Word.REFUTED: "fail",
    Word.NOT_SHOWN: "warn",
    Word.NOT_APPLICABLE: "skip",
    Word.WAIVED: "skip",
    Word.STALE: "warn",
    Word.ERROR: "error",
}


def title_of(verdict: Verdict) -> str:
    """How people call the criterion."""
    factor = BY_ID.get(verdict.criterion)
    return factor.criterion.title if factor is not None else verdict.criterion.replace("-", " ").capitalize()


def as_document(board: Board) -> Document:
    """The whole board as plain data."""
    board = plain_board(board)
    return {
        "service": board.service,
        "digest": board.digest,
        "done": board.is_done,
        "sentence": board.sentence,
        "verdicts": [verdict_document(entry) for entry in board.verdicts],
    }


def verdict_document(verdict: Verdict) -> Document:
    """One verdict with all that it rests on, as plain data."""
    return {
        "criterion": verdict.criterion,
        "title": title_of(verdict),
        "verdict": verdict.word.value,
        "says": verdict.says,
        "fix": verdict.fix,
        "repeat": verdict.repeat,
        "digest": verdict.digest,
        "observations": [
            {
                "weight": seen.weight.value,
                "method": seen.method.value,
                "says": seen.says,
                "where": seen.where,
                "fix": seen.fix,
                "repeat": seen.repeat,
            }
            for seen in verdict.observations
        ],
    }


def as_junit(board: Board) -> str:
    """One test suite; what is not done fails, what was waived or does not apply is skipped."""
    board = plain_board(board)
    failures = sum(entry.word is Word.REFUTED or entry in board.missing for entry in board.verdicts)
    skipped = sum(entry.word in (Word.WAIVED, Word.NOT_APPLICABLE) for entry in board.verdicts)
    head = f'name={quoteattr(f"{board.service}: Definition of Done")} tests="{len(board.verdicts)}"'
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f'<testsuite {head} failures="{failures}" skipped="{skipped}">']
    for entry in board.verdicts:
        name = f"<testcase classname={quoteattr(board.service)} name={quoteattr(entry.criterion)}"
        says = quoteattr(f"{entry.word.value}: {entry.says}")
        if entry.word in (Word.WAIVED, Word.NOT_APPLICABLE):
            lines.append(f"  {name}><skipped message={says}/></testcase>")
        elif entry in board.missing:
            body = escape("\n".join(filter(None, (entry.says, f"Fix: {entry.fix}", f"Repeat: {entry.repeat}"))))
            lines.append(f"  {name}><failure message={says}>{body}</failure></testcase>")
        else:
            lines.append(f"  {name}><system-out>{escape(entry.says)}</system-out></testcase>")
    return "\n".join([*lines, "</testsuite>", ""])


def as_csv(board: Board) -> str:
    """One line for each criterion."""
    board = plain_board(board)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("service", "criterion", "verdict", "done", "says", "fix", "repeat", "digest"))
    for entry in board.verdicts:
        done = "yes" if entry.word in DONE else "waived" if entry.word is Word.WAIVED else "no"
        row = (
            board.service,
            entry.criterion,
            entry.word.value,
            done,
            entry.says,
            entry.fix,
            entry.repeat,
            entry.digest,
        )
        writer.writerow(map(as_cell, row))
    return out.getvalue()


def as_open_report(board: Board, at_s: int) -> Document:
    """An OpenReports Report, which any cluster with that definition can hold."""
    board = plain_board(board)
    results = [
        {
            "source": "wherry",
            "policy": entry.criterion,
            "category": "Definition of Done",
            "result": OPEN_REPORTS[entry.word],
            "description": entry.says,
            "timestamp": {"seconds": at_s, "nanos": 0},
            "properties": {
                key: value
                for key, value in (
                    ("verdict", entry.word.value),
                    ("digest", entry.digest),
                    ("repeat", entry.repeat),
                    ("evidence", "static" if entry.word is Word.SUPPORTED else ""),
                )
                if value
            },
        }
        for entry in board.verdicts
    ]
    words = [OPEN_REPORTS[entry.word] for entry in board.verdicts]
    return {
        "apiVersion": "openreports.io/v1alpha1",
        "kind": "Report",
        "metadata": {"name": f"done-{board.service}", "labels": {"wherry.dev/service": board.service}},
        "source": "wherry",
        "summary": {word: words.count(word) for word in ("pass", "fail", "warn", "error", "skip")},
        "results": results,
    }

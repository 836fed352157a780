from __future__ import annotations

import csv
import io
import json

import pytest

from wherry.method.backlog import FORMATS, Item, as_csv, as_json, as_markdown

ITEM = Item(
    "Give web its own database",
    "web and orders write to one database",
    ("only the pods of web connect to `web-db`", "wherry next says that it is done"),
    how="wherry new web",
    source="wherry next --model model.yaml",
)


def test_markdown_has_a_section_an_item_with_its_criteria_as_boxes() -> None:
    text = as_markdown("The way to the next state", [ITEM])
    assert text.startswith("# The way to the next state\n\n## Give web its own database\n")
    assert "Why: web and orders write to one database.\n" in text
    assert "How: wherry new web.\n" in text
    assert "- [ ] only the pods of web connect to `web-db`\n- [ ] wherry next says" in text
    assert "Found by: `wherry next --model model.yaml`\n" in text


def test_what_is_empty_is_left_out_and_an_empty_backlog_says_so() -> None:
    text = as_markdown("H", [Item("T", "Because!", ("c",))])
    assert "How:" not in text
    assert "Found by" not in text
    assert "Because!\n" in text
    assert as_markdown("H", [], nothing="It walks.") == "# H\n\nIt walks.\n"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("two\n# lines", r"two \# lines"),
        ("<script>", r"\<script\>"),
        ("`code_with_marks` and a*b", r"`code_with_marks` and a\*b"),
        ("one ` alone_", r"one \` alone\_"),
    ],
)
def test_text_from_anywhere_stays_text_in_markdown(title: str, shown: str) -> None:
    assert f"## {shown}\n" in as_markdown("H", [Item(title, "w", ())])


def test_csv_is_read_back_as_it_was_with_the_criteria_in_one_cell() -> None:
    header, row = csv.reader(io.StringIO(as_csv("List", [ITEM])))
    assert dict(zip(header, row, strict=True)) == {
        "Title": ITEM.title,
        "Why": ITEM.why,
        "Acceptance criteria": "\n".join(ITEM.criteria),
        "How": ITEM.how,
        "Source": ITEM.source,
        "List": "List",
    }


def test_a_spreadsheet_takes_no_cell_for_a_formula() -> None:
    _, row = csv.reader(io.StringIO(as_csv("H", [Item("=cmd()", "-1", ("+2",), how="@x")])))
    assert row[:4] == ["'=cmd()", "'-1", "'+2", "'@x"]


def test_json_has_every_field() -> None:
    assert json.loads(as_json("H", [ITEM])) == {
        "heading": "H",
        "items": [
            {
                "title": ITEM.title,
                "why": ITEM.why,
                "criteria": list(ITEM.criteria),
                "how": ITEM.how,
                "source": ITEM.source,
            }
        ],
    }


def test_every_format_writes_any_backlog() -> None:
    assert set(FORMATS) == {"md", "csv", "json"}
    for write in FORMATS.values():
        assert ITEM.title in write("H", [ITEM])
        assert write("H", [])

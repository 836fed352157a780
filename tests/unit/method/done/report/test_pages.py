"""The board for people: one page that needs nothing else, and Markdown."""

from __future__ import annotations

from html.parser import HTMLParser

from wherry.method.done.board import Board
from wherry.method.done.report.pages import as_html, as_markdown
from wherry.method.evidence.observation import against, supports
from wherry.method.evidence.verdict import judge

EVIL = '<script src="https://evil.example"></script> a | b'
BOARD = Board(
    "orders",
    (judge("logs", [against(EVIL, "src/app.py:3", fix=EVIL)]), judge("config", [supports("Fine.")])),
    "sha256:abc",
)


def test_the_page_is_one_file_in_which_nothing_is_fetched_or_run() -> None:
    page = as_html(BOARD, 0)
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Reader().feed(page)
    assert {tag for tag, _ in seen} & {"script", "link", "img", "iframe"} == set()
    assert not any("src" in attributes or "href" in attributes for _, attributes in seen)
    assert "orders: Done: 1 of 2; 1 not." in page
    assert ("html", {"lang": "en"}) in seen


def test_the_table_in_markdown_stays_a_table_whatever_the_sentences_say() -> None:
    lines = as_markdown(BOARD, 0).splitlines()
    row = next(line for line in lines if line.startswith("| Logs"))
    assert row.replace("\\|", "").count("|") == 4
    assert "CC BY 4.0" in lines[-1]

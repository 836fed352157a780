"""A board for people: Markdown for a pull request, and one HTML page that needs nothing else."""

from __future__ import annotations

from html import escape

from wherry.apimachinery.timestamps import format_time
from wherry.method.done.board import Board
from wherry.method.done.criteria import BY_ID
from wherry.method.done.report.plain import plain_board
from wherry.method.done.report.structured import title_of
from wherry.method.evidence.verdict import SYMBOLS, Verdict, Word

STYLE = """
:root{color-scheme:light dark;--line:#8886}body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;
padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;
border-bottom:1px solid var(--line)}code{overflow-wrap:anywhere}summary{cursor:pointer}.Refuted,.Error{font-weight:bold}
footer{margin-top:2rem;font-size:.85rem}@media(max-width:40rem){td,th{display:block;border:0}tr{border-bottom:1px solid
var(--line)}}
"""
LICENCE = "The factors' words: The Twelve-Factor App, https://12factor.net, CC BY 4.0."


def about(board: Board) -> str:
    """Which release it is about."""
    return f"release image {board.digest}" if board.digest else "files that were not released"


def as_markdown(board: Board, at_s: int) -> str:
    """A table, and below it what is missing."""
    board = plain_board(board)
    lines = [f"# {board.service}: {board.sentence}", "", f"About {about(board)}, {format_time(at_s)}.", ""]
    lines += ["| criterion | verdict | why |", "|---|---|---|"]
    lines += [f"| {title_of(entry)} | {entry.word.value} | {_cell(entry.says)} |" for entry in board.verdicts]
    for entry in board.missing:
        lines += ["", f"## {title_of(entry)}: {entry.word.value}", "", entry.says]
        lines += [f"- Fix: {entry.fix}"] if entry.fix else []
        lines += [f"- Repeat: `{entry.repeat}`"] if entry.repeat else []
    return "\n".join([*lines, "", LICENCE, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def as_html(board: Board, at_s: int) -> str:
    """One page, without scripts and without anything from elsewhere."""
    board = plain_board(board)
    rows = "".join(map(_row, board.verdicts))
    title = escape(f"{board.service}: {board.sentence}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>"
        f"<p>About {escape(about(board))}, {format_time(at_s)}.</p>"
        '<table><thead><tr><th scope="col">Criterion</th><th scope="col">Verdict</th><th scope="col">Why</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></main><footer>{escape(LICENCE)}</footer></body></html>\n"
    )


def _row(entry: Verdict) -> str:
    factor = BY_ID.get(entry.criterion)
    plain = f"<br><small>{escape(factor.criterion.plain)}</small>" if factor is not None else ""
    word = f'<td class="{escape(entry.word.value)}">{SYMBOLS[entry.word]} {escape(entry.word.value)}</td>'
    return f'<tr><th scope="row">{escape(title_of(entry))}{plain}</th>{word}<td>{_why(entry)}</td></tr>'


def _why(entry: Verdict) -> str:
    parts = [escape(entry.says)]
    if entry.fix and entry.word is not Word.WAIVED:
        parts.append(f"<p>Fix: {escape(entry.fix)}</p>")
    if entry.repeat:
        parts.append(f"<p>Repeat: <code>{escape(entry.repeat)}</code></p>")
    if entry.observations:
        seen = "".join(
            f"<li>{escape(one.method.value)}, {escape(one.weight.value)}: {escape(one.says)}"
            + (f" <code>{escape(one.where)}</code>" if one.where else "")
            + "</li>"
            for one in entry.observations
        )
        parts.append(f"<details><summary>What was seen</summary><ul>{seen}</ul></details>")
    return "".join(parts)

"""The report for those who do not open the dashboard: picture, story, board, contracts and releases in one file.

It is made of the very pages, with what they show at that moment, and loads nothing: it opens from a disk or a mail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from wherry.apimachinery.errors import Forbidden
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import Tree
from wherry.dashboard.live import Live
from wherry.dashboard.markup import text, with_terms
from wherry.dashboard.offline import offline
from wherry.dashboard.popovers import popovers
from wherry.dashboard.sight import unseen
from wherry.dashboard.static_files import FOLDER
from wherry.dashboard.views.done import DONE, DonePage
from wherry.dashboard.views.picture import PICTURE, Picture
from wherry.dashboard.views.puzzle import PUZZLE, PuzzlePage
from wherry.dashboard.views.releases import RELEASES_VIEW, ReleasesPage
from wherry.dashboard.views.story import STORY, Story
from wherry.dashboard.views.view import Asked, View

SHEETS = ("dashboard.css", "method.css")
# A file of its own may hold its own style, and must not reach out for anything.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = "main{max-width:80rem}.part-of-report{margin-top:2.5rem;border-top:3px solid var(--hair);padding-top:.5rem}"
PLACE = "/ui/files/report/NAMESPACE/report.html"
LICENCE = "The factors' words: The Twelve-Factor App, https://12factor.net, CC BY 4.0."


async def make_report(live: Live, namespace: str = "") -> str:
    """All of it as one document; `namespace` narrows what is shown. Raises Forbidden to who may not see the pods."""
    if said := unseen(live):
        raise Forbidden(f"{said} Ask for the report of a namespace that is open to you: {PLACE}")
    asked = Asked((), {"ns": namespace} if namespace else {})
    parts: list[tuple[View, Callable[[], Awaitable[Rendered]]]] = [
        (PICTURE, Picture(live, asked).render),
        (PUZZLE, PuzzlePage(live, asked).render),
        (DONE, DonePage(live, asked).render),
        (RELEASES_VIEW, ReleasesPage(live, asked).render),
        (STORY, Story(live, asked).render),
    ]
    shown = [(view, await render()) for view, render in parts]
    sections = "".join(_section(view, rendered) for view, rendered in shown)
    summary = "".join(
        f"<li><strong>{text(view.label)}:</strong> {with_terms(rendered.say)}</li>" for view, rendered in shown[:-1]
    )
    at = datetime.fromtimestamp(live.now_s(), UTC).strftime("%Y-%m-%d %H:%M UTC")
    whose = f"namespace {namespace}" if namespace else live.this_host or "this cluster"
    main = (
        f"<h1>How {text(whose)} stands</h1><p>As of {at}.</p><ul>{summary}</ul>{sections}"
        f"<footer><p>{text(LICENCE)}</p></footer>"
    )
    return _document(f"How {whose} stands", main)


def _section(view: View, rendered: Rendered) -> str:
    key = view.path or "picture"
    body = offline(Tree(rendered.pieces).html(), key)
    explained = f"<p>{with_terms(view.explains)}</p>" if view.explains else ""
    return f'<section class="part-of-report" id="{key}"><h2>{text(view.label)}</h2>{explained}{body}</section>'


def _document(title: str, main: str) -> str:
    style = "".join((FOLDER / name).read_text(encoding="utf-8") for name in SHEETS) + STYLE
    return (
        '<!doctype html><html lang="en" data-depth="plain"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{text(title)}</title><style>{style}</style></head>'
        f'<body><main id="main">{main}</main>{popovers(is_live=False)}</body></html>\n'
    )

"""The report: what stands in it, and where to get it."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import link, text, url, with_terms
from wherry.dashboard.views.view import Asked, Page, View

INTERVAL_S = 5.0
NAME = "report.html"


def _make(live: Live, asked: Asked) -> Page:
    async def render() -> Rendered:
        said = "One file with the picture, the puzzle, the board, the releases and the story, as they are now."
        spaces = sorted({pod.namespace for pod in live.model.snapshot().pods})
        whole = "" if live.namespace else f"<p>{link(url('files', 'report', NAME), 'Save the whole report')}</p>"
        items = "".join(f"<li>{link(url('files', 'report', one, NAME), f'only {one}')}</li>" for one in spaces)
        body = (
            f'<div id="files"><p class="headline">{with_terms(said)}</p>'
            f'{whole}<ul class="files">{items}</ul>'
            f"<p>It opens on any machine, without a network and without Wherry. "
            f"The same from a command line: <code>{text('wherry report --format page -o report.html')}</code></p></div>"
        )
        return Rendered([Fragment("files", ROOT, body)], said)

    return Page("Report", render, interval_s=INTERVAL_S)


REPORT = View(
    "report",
    "Report",
    _make,
    explains="For everybody who wants to know how it stands, without the dashboard. It shows what you may see.",
    tells_of=PODS,
)

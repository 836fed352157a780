"""Logs: what a container has written, as it grows; of one container, of the one that ran before, searched."""

from __future__ import annotations

from wherry.dashboard.channel import Rendered
from wherry.dashboard.detail.choice import Chosen, choices, choose
from wherry.dashboard.detail.kinds import pods_of, running_kind
from wherry.dashboard.detail.log_text import LINES, LINES_MAX, LogText, log_query, read_log
from wherry.dashboard.detail.tabs import tabs
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import checkbox, choice, element_id, text, twin, url, with_terms
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.facts import PodFacts
from wherry.narrate.templates import count

INTERVAL_S = 0.5
LENGTHS = (100, LINES, LINES_MAX)


class LogPage:
    """The logs of one pod, or of the pods of one workload."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have pod, container, previous, search and lines."""
        self._live = live
        self.kind, self.namespace, self.name = asked.segments
        _ = running_kind(self.kind)
        self._asked = asked
        self._previous, self._search = bool(asked.get("previous")), asked.get("search")
        self._lines = next((one for one in LENGTHS if str(one) == asked.get("lines")), LINES)

    def pods(self) -> list[PodFacts]:
        """Whose logs there are."""
        return pods_of(self._live.model.snapshot(), self.kind, self.namespace, self.name)

    async def render(self) -> Rendered:
        """How the container is that the log is of."""
        chosen = choose(self.pods(), self._asked.query)
        if chosen is None:
            said = f"{self.name} has no container yet, so there is no log."
            return Rendered([Fragment("run", ROOT, f'<p id="run" class="headline">{with_terms(said)}</p>')], said)
        one = chosen.container
        again = f", started again {count(one.restarts, 'time')}" if one.restarts else ""
        said = f"Container {one.name} in pod {chosen.pod.name} is {one.state.lower()}{again}."
        own = (
            f'<p id="run" class="headline" data-restarts="{one.restarts}" data-state="{one.state}">'
            f"{with_terms(said)}</p>"
        )
        return Rendered([Fragment("run", ROOT, own)], said)

    async def still(self) -> str:
        """The form that chooses, and the log as it is now; a script lets it grow."""
        chosen = choose(self.pods(), self._asked.query)
        if chosen is None:
            return ""
        read = await read_log(
            self._live.client,
            self.namespace,
            chosen.pod.name,
            chosen.container.name,
            previous=self._previous,
            lines=self._lines,
        )
        return self._form(chosen) + self._shown(chosen, read) + twin(self._kubectl(chosen))

    def _form(self, chosen: Chosen) -> str:
        lengths = [(str(one), f"the last {one}") for one in LENGTHS]
        before = checkbox("previous", "of the run before this one", is_checked=self._previous)
        search = f'<label>Search <input type="search" name="search" value="{text(self._search)}"></label>'
        return (
            f'<form class="filters" method="get" action="{text(url("log", self.kind, self.namespace, self.name))}">'
            f"{choices(chosen)}{choice('lines', 'Lines', lengths, str(self._lines))}{search}{before}"
            '<button type="submit">Show</button>'
            '<button type="button" id="follow" class="tool" aria-pressed="true" hidden>Following</button></form>'
        )

    def _shown(self, chosen: Chosen, read: LogText) -> str:
        found = read.with_text(self._search) if self._search else read.lines
        said = read.trouble or _summary(len(found), len(read.lines), self._search)
        # Also where there is nothing to read yet: the script tries again when the container has changed.
        follow = "" if self._previous else f' data-follow="{text(self._raw(chosen))}"'
        label = f"log of {chosen.container.name} in {chosen.pod.name}"
        own = element_id("log", chosen.pod.name, chosen.container.name)
        return (
            f'<p id="log-said" role="status">{with_terms(said)}</p>'
            f'<pre id="log" class="log" tabindex="0" role="log" aria-live="off" aria-label="{text(label)}" '
            f'data-log="{text(own)}"{follow}>{text(chr(10).join(found))}</pre>'
        )

    def _raw(self, chosen: Chosen) -> str:
        query = log_query(chosen.container.name, previous=False, follow=True, lines=self._lines)
        return f"{url('logs', self.namespace, chosen.pod.name)}?{query}"

    def _kubectl(self, chosen: Chosen) -> str:
        before = " --previous" if self._previous else " -f"
        return f"kubectl logs {chosen.pod.name} -c {chosen.container.name} -n {self.namespace}{before}"


def _summary(found: int, total: int, search: str) -> str:
    if not total:
        return "It has written nothing yet."
    return (
        f'{found} of {count(total, "line")} have "{search}" in them.' if search else f"The last {count(total, 'line')}."
    )


def _make(live: Live, asked: Asked) -> Page:
    page = LogPage(live, asked)
    return Page(
        f"Logs of {page.name}",
        page.render,
        above=tabs(asked.segments, "log"),
        still=page.still,
        interval_s=INTERVAL_S,
        scripts=("logs.js",),
    )


LOG = View(
    "log",
    "",
    _make,
    segments=3,
    explains="What a container writes, line by line, newest at the end. It grows while you look. "
    "The run before this one is there after a crash: its last lines often say why.",
)

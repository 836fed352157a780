"""A shell in a container, on the page: the terminal is the browser's, the rights are the person's."""

from __future__ import annotations

from wherry.dashboard.channel import Rendered
from wherry.dashboard.detail.choice import Chosen, choices, choose
from wherry.dashboard.detail.kinds import pods_of, running_kind
from wherry.dashboard.detail.tabs import tabs
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import text, twin, url, with_terms
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.facts import PodFacts

INTERVAL_S = 0.5


class ShellPage:
    """Where a shell can be opened in a container of one pod, or of the pods of one workload."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have pod and container."""
        self._live = live
        self.kind, self.namespace, self.name = asked.segments
        _ = running_kind(self.kind)
        self._asked = asked

    def _pods(self) -> list[PodFacts]:
        return pods_of(self._live.model.snapshot(), self.kind, self.namespace, self.name)

    async def render(self) -> Rendered:
        """How the container is."""
        chosen = choose(self._pods(), self._asked.query)
        said = (
            f"{self.name} has no container yet, so there is nothing to open a shell in."
            if chosen is None
            else f"Container {chosen.container.name} in pod {chosen.pod.name} is {chosen.container.state.lower()}."
        )
        return Rendered([Fragment("run", ROOT, f'<p id="run" class="headline">{with_terms(said)}</p>')], said)

    async def still(self) -> str:
        """The choice, and the place of the terminal."""
        chosen = choose(self._pods(), self._asked.query)
        return "" if chosen is None else self._form(chosen) + self._terminal(chosen)

    def _form(self, chosen: Chosen) -> str:
        return (
            f'<form class="filters" method="get" action="{text(url("shell", self.kind, self.namespace, self.name))}">'
            f'{choices(chosen)}<button type="submit">Choose</button></form>'
        )

    def _terminal(self, chosen: Chosen) -> str:
        pod, container = chosen.pod.name, chosen.container.name
        way = url("exec", self.namespace, pod, container=container)
        command = f"kubectl exec -it {pod} -c {container} -n {self.namespace} -- sh"
        return (
            "<noscript><p>A terminal on a page needs JavaScript. Without it, use the command below.</p></noscript>"
            f'<p><button type="button" id="shell-open" class="tool" hidden>Open a shell in {text(container)}</button> '
            '<span id="shell-said" role="status"></span></p>'
            f'<div id="terminal" data-exec="{text(way)}" data-name="{text(f"{container} in {pod}")}" hidden></div>'
            "<p>What you type is done in the container, at once. Shift and Tab leave the terminal.</p>"
            f"{twin(command)}"
        )


def _make(live: Live, asked: Asked) -> Page:
    page = ShellPage(live, asked)
    return Page(
        f"Shell in {page.name}",
        page.render,
        above=tabs(asked.segments, "shell"),
        still=page.still,
        interval_s=INTERVAL_S,
        scripts=("shell.js",),
        styles=("vendor/xterm.css",),
    )


SHELL = View(
    "shell",
    "",
    _make,
    segments=3,
    explains="A terminal inside a running container, to look around. What is changed by hand is lost when the "
    "container is made anew: lasting changes belong into the image or the configuration.",
)

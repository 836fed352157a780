"""YAML: an object as the API server has it, and a change of it: first shown as a difference, then made."""

from __future__ import annotations

from wherry.apimachinery.errors import NotFound
from wherry.dashboard.channel import Rendered
from wherry.dashboard.detail.editing import edit_form
from wherry.dashboard.detail.kinds import readable_kind
from wherry.dashboard.detail.tabs import tabs
from wherry.dashboard.detail.yaml_text import editable_yaml, whole_yaml
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import text, with_terms
from wherry.dashboard.views.view import Asked, Page, View


class YamlPage:
    """One object, word for word."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """It need not be there (any more)."""
        self._live = live
        kind, self.namespace, self.name = asked.segments
        self.resource = readable_kind(kind)

    async def render(self) -> Rendered:
        """All of it, status too, as it is now."""
        client = self._live.client
        try:
            document = await client.get_document(self.resource, self.name, self.namespace)
        except NotFound:
            said = f"{self.resource.kind} {self.name} is not there any more."
            return Rendered([_headline(said)], said)
        shown = whole_yaml(self.resource, document)
        said = f"{self.resource.kind} {self.name} as the API server has it."
        body = f'<pre id="yaml" tabindex="0" aria-label="YAML">{text(shown)}</pre>'
        return Rendered([_headline(said), Fragment("yaml", ROOT, body)])

    async def still(self) -> str:
        """The form for a change, filled with what is there."""
        try:
            document = await self._live.client.get_document(self.resource, self.name, self.namespace)
        except NotFound:
            return ""
        form = edit_form(self.resource, self.namespace, self.name, editable_yaml(self.resource, document))
        return f'<details class="action edit"><summary>Change it</summary>{form}</details>'


def _headline(said: str) -> Fragment:
    return Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>')


def _make(live: Live, asked: Asked) -> Page:
    page = YamlPage(live, asked)
    return Page(
        f"{page.resource.kind} {page.name}",
        page.render,
        above=tabs(asked.segments, "yaml"),
        still=page.still,
        interval_s=1.0,
    )


YAML = View(
    "yaml",
    "",
    _make,
    segments=3,
    explains="The object word for word: spec is the wish, status is what is. You may change the wish: "
    "first the page shows what would change, and nothing happens before you agree.",
)

"""Ceremonies: four looks at the same facts, for planning, the daily, the review and the retrospective."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.dashboard.ceremonies import CEREMONIES, QUESTIONS, SHOWN_MAX, Item, Topic, gather, topics
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import element_id, link, steps, text, twin, url, with_terms
from wherry.dashboard.sight import namespace_form, said_of
from wherry.dashboard.views.view import Asked, Page, View

INTERVAL_S = 1.0


class Ceremonies:
    """One ceremony."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have ns, and for; without it, the daily."""
        self._live = live
        self.namespace = asked.get("ns")
        self.name = asked.get("for") if asked.get("for") in CEREMONIES else "daily"

    async def render(self) -> Rendered:
        """Its topics now."""
        found = topics(self.name, await gather(self._live, self.namespace))
        number = sum(len(one.items) for one in found)
        said = f"{QUESTIONS[self.name]} {number or 'No'} {'thing' if number == 1 else 'things'} to talk about."
        said = said_of(self.namespace, said)
        pieces = [Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>')]
        return Rendered([*pieces, *(_topic(one) for one in found)], said)


def _topic(topic: Topic) -> Fragment:
    own = element_id("topic", topic.title)
    items = "".join(_item(one) for one in topic.items[:SHOWN_MAX])
    more = len(topic.items) - SHOWN_MAX
    rest = f"<li>and {more} more</li>" if more > 0 else ""
    body = f'<ul class="story">{items}{rest}</ul>' if items else f"<p>{with_terms(topic.empty)}</p>"
    return Fragment(own, ROOT, f'<section id="{text(own)}"><h2>{with_terms(topic.title)}</h2>{body}</section>')


def _item(item: Item) -> str:
    look = f" {link(item.page, 'Look')}" if item.page else ""
    return f"<li><p>{with_terms(item.says)}{look}</p>{steps([item.next] if item.next else [])}</li>"


def _make(live: Live, asked: Asked) -> Page:
    page = Ceremonies(live, asked)
    mark = ' aria-current="page"'
    places = {name: text(url("ceremonies", **{"for": name, "ns": page.namespace})) for name in CEREMONIES}
    links = "".join(
        f'<a href="{place}"{mark if name == page.name else ""}>{name.title()}</a>' for name, place in places.items()
    )
    board = link(url("done", show=page.name, ns=page.namespace), "The board for it")
    form = namespace_form("ceremonies", live, page.namespace, {"for": page.name})
    above = f'<nav class="tabs" aria-label="Ceremonies">{links}</nav>{form}<p>{board}</p>'
    return Page(f"Ceremonies: {page.name}", page.render, above, _mark_form(page.name), interval_s=INTERVAL_S)


def _mark_form(name: str) -> str:
    """Remember this moment, so that everybody can ask what has happened since."""
    says = with_terms("Mark this moment, so that the story and the changes can be asked for since then.")
    field = f'<label>Name <input name="name" value="{text(name)}" size="12"></label>'
    button = '<button type="submit">Mark this moment</button>'
    form = f'<form method="post" action="/ui/actions/mark">{field} {button}</form>'
    return (
        f'<details class="action"><summary>Mark this moment</summary><p>{says}</p>{form}'
        f"{twin(f'wherry mark {name}', 'The same as a command:')}</details>"
    )


CEREMONIES_VIEW = View(
    "ceremonies",
    "Ceremonies",
    _make,
    explains="Four looks at the same facts. Planning shows what is missing, and the daily what needs somebody. "
    "The review shows what there is to show. The retrospective shows what went wrong more than once, and the waivers.",
    tells_of=PODS,
)

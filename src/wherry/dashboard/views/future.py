"""Now and next of the whole system: today from the cluster, the next state from the model, the steps between."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.core.namespace import NAMESPACES
from wherry.api.method.model import MODELS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.landscape.drawing import BOXES_DRAWN_MAX, draw_side, line_words
from wherry.dashboard.landscape.facts import (
    SAID,
    SYMBOLS,
    BoxFacts,
    LandscapeFacts,
    LineFacts,
    SideFacts,
    StepFacts,
    WayFacts,
)
from wherry.dashboard.live import Live
from wherry.dashboard.markup import choice, element_id, link, text, url, with_terms
from wherry.dashboard.stand_ins import end_form, start_form
from wherry.dashboard.times import ago
from wherry.dashboard.views.view import Asked, Page, View

INTERVAL_S = 1.0
BACKLOG = (("md", "Markdown"), ("csv", "CSV"), ("json", "JSON"))


class FuturePage:
    """The way to the next state as somebody has asked for it."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have model: NAMESPACE/NAME."""
        self._live = live
        self._chosen = asked.get("model")

    async def render(self) -> Rendered:
        """Its pieces now."""
        from wherry.dashboard.landscape.reading import read_way

        found = await read_way(self._live, self._chosen)
        if found.way is None:
            return _without(found, self._chosen)
        way = found.way
        spaces = sorted(one.metadata.name for one in await self._live.all(NAMESPACES))
        back = url("future", model=self._chosen)
        pieces = [
            Fragment("verdict", ROOT, f'<p id="verdict" class="headline">{with_terms(way.sentence)}</p>'),
            Fragment("origin", ROOT, _origin(way, self._live.now_s())),
            *_choices(found, way),
            Fragment("pictures", ROOT, '<div id="pictures" class="sides">', "</div>"),
            Fragment("before", "pictures", _figure("before", "Now", way.now)),
            Fragment("after", "pictures", _figure("after", "Next", way.next)),
            Fragment("way", ROOT, '<div id="way" class="way">', "</div>"),
            Fragment("now", "way", '<section id="now" class="state-list"><h2>Now</h2>', "</section>"),
            Fragment("now-boxes", "now", '<ul id="now-boxes" class="boxes">', "</ul>"),
            *(_box("now", one, way.now, "") for one in way.now.boxes),
            Fragment("steps", "way", '<section id="steps"><h2>Steps</h2>', "</section>"),
            Fragment("step-list", "steps", '<ol id="step-list" class="way-steps">', "</ol>"),
            *(_step(number, one, way) for number, one in enumerate(way.steps, 1)),
            Fragment("next", "way", '<section id="next" class="state-list"><h2>Next</h2>', "</section>"),
            Fragment("next-boxes", "next", '<ul id="next-boxes" class="boxes">', "</ul>"),
            *(_box("next", one, way.next, _stand_in(one, way, spaces, back)) for one in way.next.boxes),
            *_notes(way),
            Fragment("files", ROOT, _files(way)),
        ]
        return Rendered(pieces, way.sentence)


def _without(found: LandscapeFacts, chosen: str) -> Rendered:
    """No model that can be shown: what to do about it."""
    if found.problem:
        said = "The model in the cluster cannot be used."
        more = f"<p>{text(found.problem)}</p>"
    elif found.models:
        said = f"There is no model {chosen} (any more)."
        items = "".join(f"<li>{link(url('future', model=one), one)}</li>" for one in found.models)
        more = f'<ul class="plain">{items}</ul>'
    else:
        said = "Nobody has told the cluster yet how the system shall be."
        more = (
            f"<p>{with_terms('Write a file model.yaml: what runs now, and what shall run next. Begin with this:')}</p>"
            f'<pre tabindex="0" aria-label="A first model.yaml">{text(found.beginning)}</pre>'
            f"<p>{link(url('files', 'model.yaml'), 'Save it as model.yaml')}</p>"
            f"<p>{with_terms('Each release and each contract takes the file along from then on.')}</p>"
        )
    step = '<p class="next">Next: <code>wherry model model.yaml --publish</code></p>'
    pieces = [
        Fragment("verdict", ROOT, f'<p id="verdict" class="headline">{with_terms(said)}</p>'),
        Fragment("begin", ROOT, f'<div id="begin">{more}{step}</div>'),
    ]
    return Rendered(pieces, said)


def _origin(way: WayFacts, now_s: float) -> str:
    by = f" by {text(way.by)}" if way.by else ""
    when = f" Published{by} {ago(way.at, now_s)}." if way.at else ""
    warnings = "".join(
        f'<p class="trouble">▲ {text(one)} Next: <code>wherry model --publish</code></p>' for one in way.warnings
    )
    digest = f'<p class="technical">{text(way.digest)}</p>'
    said = f"<p>The model {text(way.name)} comes from {text(way.origin)}.{when}</p>"
    return f'<div id="origin">{said}{warnings}{digest}</div>'


def _choices(found: LandscapeFacts, way: WayFacts) -> Iterable[Fragment]:
    if len(found.models) > 1:
        options = choice("model", "Model", [(one, one) for one in found.models], way.id)
        yield Fragment(
            "where",
            ROOT,
            f'<form id="where" class="filters" method="get" action="/ui/future">{options}'
            '<button type="submit">Show</button></form>',
        )


def _figure(own: str, label: str, side: SideFacts) -> str:
    said = _summary(label, side)
    rest = len(side.boxes) - BOXES_DRAWN_MAX
    more = f" {rest} more are in the list." if rest > 0 else ""
    caption = f"<figcaption><strong>{label}</strong> {with_terms(said)}{more}</figcaption>"
    picture = draw_side(side, f"{label}: {said}")
    frame = f'<div class="scroll" tabindex="0" role="group" aria-label="{label}">{picture}</div>'
    return f'<figure id="{own}" class="drawing">{caption}{frame}</figure>'


def _summary(label: str, side: SideFacts) -> str:
    """One picture in a sentence."""
    count = len(side.boxes)
    if not count:
        return "Nothing."
    parts = sum(len(one.parts) for one in side.boxes)
    stores = sum(bool(one.databases) for one in side.boxes)
    said = [f"{count} service{'' if count == 1 else 's'}"]
    said += [f"{parts} parts inside"] if parts else []
    said += [f"{stores} with a database"]
    missing = sum(one.state in ("wanted", "stand-in") for one in side.boxes)
    said += [f"{missing} not there yet"] if missing else []
    return f"{', '.join(said)}."


def _box(own: str, one: BoxFacts, side: SideFacts, controls: str) -> Fragment:
    """One service in words."""
    name = element_id(own, one.name)
    rows = [(label, said) for label, said in _facts(one, side) if said]
    items = "".join(f"<dt>{text(label)}</dt><dd>{said}</dd>" for label, said in rows)
    place = one.places[0].partition(" ")[0] if one.places else ""
    title = link(url("services", place, one.name), one.name) if place else text(one.name)
    return Fragment(
        name,
        f"{own}-boxes",
        f'<li id="{text(name)}" class="piece-card is-{one.state}"><h3>{title}</h3>'
        f'<p class="how"><span aria-hidden="true">{SYMBOLS[one.state]}</span> {SAID[one.state]}</p>'
        f"{f'<p>{text(one.does)}</p>' if one.does else ''}<dl>{items}</dl>{controls}</li>",
    )


def _facts(one: BoxFacts, side: SideFacts) -> Iterable[tuple[str, str]]:
    needs = [line for line in side.lines if line.consumer == one.name]
    yield "Team", text(one.team)
    yield "Parts", text(", ".join(one.parts))
    yield "REST API", text(", ".join(one.promises)) or "none published"
    shared = f" <strong>shared with {text(', '.join(one.shared))}</strong>" if one.shared else ""
    yield "Database", f"{text(', '.join(one.databases))}{shared}" if one.databases else ""
    yield "Needs", "<br>".join(_need(line) for line in needs)
    yield "Out of", text(one.origin)
    yield "Where", text(", ".join(one.places))
    yield "Stand-in", text(", ".join(one.stand_ins))


def _need(line: LineFacts) -> str:
    word = line.word or ("nothing agreed yet" if line.contract else "no contract")
    return text(f"{line.provider}: {line_words(line)}, {word}")


def _stand_in(one: BoxFacts, way: WayFacts, spaces: Iterable[str], back: str) -> str:
    if one.stand_ins:
        return "".join(end_form(one.name, space, back) for space in one.stand_ins)
    return start_form(one.name, spaces, way.namespace, back) if one.can_stand_in else ""


def _step(number: int, one: StepFacts, way: WayFacts) -> Fragment:
    own = element_id("step", one.id)
    mark, said = ("✓", "done") if one.done else ("→", "to do")
    criteria = "".join(f"<li>{with_terms(_plain(each))}</li>" for each in one.criteria)
    how = f"<p>How: <code>{text(one.how)}</code></p>" if one.how else ""
    after = f"<p>After: {text('; '.join(one.after))}</p>" if one.after and not one.done else ""
    why = f"<p>{with_terms(one.why)}</p>" if not one.done else ""
    item = link(url("files", "steps", way.namespace, way.name, f"{one.id}.md"), "As a backlog item")
    save = f'<p>{item}<span class="hidden">: {text(one.title)}</span></p>' if not one.done else ""
    return Fragment(
        own,
        "step-list",
        f'<li id="{text(own)}" class="step {"done" if one.done else "open"}"><h3><span class="mark">'
        f'<span aria-hidden="true">{mark}</span> {said}</span> {number}. {text(one.title)}</h3>{why}'
        f"<p>{'Seen' if one.done else 'Now'}: {with_terms(one.seen)}</p>{after}"
        f'<details class="action"><summary>When it is done<span class="hidden">: {text(one.title)}</span></summary>'
        f'<ul class="criteria">{criteria}</ul>{how}{save}</details></li>',
    )


def _plain(criterion: str) -> str:
    """A criterion without the marks of Markdown."""
    return criterion.replace("`", "")


def _notes(way: WayFacts) -> Iterable[Fragment]:
    if way.notes:
        items = "".join(f"<li>{with_terms(one)}</li>" for one in way.notes)
        yield Fragment("notes", ROOT, f'<section id="notes"><h2>Also</h2><ul class="plain">{items}</ul></section>')


def _files(way: WayFacts) -> str:
    left = sum(not one.done for one in way.steps)
    links = ", ".join(
        link(url("files", "steps", way.namespace, way.name, f"all.{ending}"), said) for ending, said in BACKLOG
    )
    what = f"{left} step{'' if left == 1 else 's'} left, as backlog items: {links}" if left else "Nothing is left."
    command = f"wherry next --model {way.source} --backlog md"
    kubectl = f"kubectl -n {way.namespace} get model {way.name} -o yaml"
    return (
        f'<section id="files" class="only-here"><h2>Take it with you</h2><p>{what}</p>'
        f"<p>The same: <code>{text(command)}</code> The model with kubectl: <code>{text(kubectl)}</code></p></section>"
    )


def _make(live: Live, asked: Asked) -> Page:
    above = (
        f"<p>Also: {link(url('next'), 'each workload now and next')}, "
        f"{link(url('releases'), 'environment beside environment')}, {link(url('puzzle'), 'the contracts')}</p>"
    )
    return Page("The system now and next", FuturePage(live, asked).render, above, interval_s=INTERVAL_S)


FUTURE = View(
    "future",
    "Future",
    _make,
    explains="To the left what runs now, as the cluster shows it; to the right what a team wants, as its model says. "
    "Between them are the steps. A step is done when the cluster shows it; then it gets its mark by itself.",
    tells_of=MODELS,
)

"""The puzzle: services as pieces, contracts as what joins them, as a picture and as the table that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from wherry.api.method.api import APIS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import choice, element_id, hidden_fields, link, text, url, with_terms
from wherry.dashboard.places import Slot
from wherry.dashboard.puzzle.drawing import Slots, draw_map, draw_sample, left_out, what, where
from wherry.dashboard.puzzle.facts import MEANINGS, NEXT, SYMBOLS, WORST_FIRST, JointFacts, MapFacts, PieceFacts
from wherry.dashboard.puzzle.layers import Line
from wherry.dashboard.puzzle.layout import Sizes
from wherry.dashboard.puzzle.moving import STEPS
from wherry.dashboard.puzzle.slots import find_slots
from wherry.dashboard.sight import namespace_field, said_of
from wherry.dashboard.stand_ins import end_form, start_form
from wherry.dashboard.times import ago
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.templates import count

INTERVAL_S = 1.0
GAPS_SHOWN = 20
BACK = url("puzzle")
ARRANGE = (
    '<div id="arrange"><details class="action"><summary>Arrange the map anew</summary>'
    '<form method="post" action="/ui/actions/arrange"><p>Each service has its place on the map, for everybody. '
    'This gives all of them new ones.</p><button type="submit">Arrange it anew</button></form></details></div>'
)
HEAD = (
    '<table id="contracts" class="contracts"><caption>Each contract, the worst first</caption><thead><tr>'
    '<th scope="col">Consumer</th><th scope="col">Provider</th><th scope="col">Contract</th><th scope="col">State</th>'
    '<th scope="col">Agreed by</th><th scope="col">Last verified</th><th scope="col">What breaks</th></tr></thead>'
)


class PuzzlePage:
    """The map as somebody has asked for it."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have ns and env."""
        self._live = live
        self._namespace, self._environment = asked.get("ns"), asked.get("env")

    async def render(self) -> Rendered:
        """Its pieces now."""
        from wherry.dashboard.puzzle.reading import read_map

        whole = await read_map(self._live)
        facts = whole.only(self._namespace, self._environment)
        said = said_of(self._namespace, facts.sentence)
        pieces = [
            Fragment("verdict", ROOT, f'<p id="verdict" class="headline">{with_terms(said)}</p>'),
            Fragment("step", ROOT, _step(facts)),
            Fragment("where", ROOT, self._filters(whole)),
        ]
        if facts.pieces:
            pieces.append(Fragment("drawing", ROOT, _drawing(facts, self._slots, whole)))
        pieces += _gaps(facts, await self._to_come(whole))
        if facts.joints:
            pieces.append(Fragment("contracts", ROOT, HEAD, "</table>"))
            pieces.append(Fragment("joints", "contracts", '<tbody id="joints">', "</tbody>"))
            pieces += [_row(one, facts, self._live.now_s()) for one in sorted(facts.joints, key=_worst)]
        if facts.pieces:
            pieces.append(Fragment("services", ROOT, '<section id="services"><h2>Services</h2>', "</section>"))
            pieces.append(Fragment("pieces", "services", '<ul id="pieces" class="cards">', "</ul>"))
            spaces = sorted({piece.namespace for piece in whole.pieces})
            pieces += [_card(piece, spaces) for piece in facts.pieces]
            pieces.append(Fragment("arrange", ROOT, ARRANGE))
        return Rendered(pieces, said)

    async def _to_come(self, whole: MapFacts) -> list[tuple[str, str]]:
        """The services of the models that are no piece yet, each with its model."""
        from wherry.dashboard.landscape.reading import read_models

        known = {piece.service for piece in whole.pieces}
        return [
            (name, one.id)
            for one in await read_models(self._live)
            if one.model is not None and self._namespace in ("", one.namespace)
            for name in one.model.next
            if name not in known
        ]

    def _slots(self, heights: Mapping[str, float], lines: Iterable[Line], sizes: Sizes) -> dict[str, Slot]:
        joined = [*lines]
        return self._live.surroundings.places.slots(
            lambda known: find_slots(known, heights, joined, sizes), self._live.now_s()
        )

    def _filters(self, whole: MapFacts) -> str:
        namespaces = sorted({piece.namespace for piece in whole.pieces} | {self._namespace} - {""})
        environments = sorted({piece.environment for piece in whole.pieces} | {self._environment} - {""})
        choices = choice("env", "Environment", _all(environments), self._environment)
        # Who sees one namespace alone types the next one.
        choices += (
            namespace_field(self._live, self._namespace)
            if self._live.namespace
            else choice("ns", "Namespace", _all(namespaces), self._namespace)
        )
        return (
            f'<form id="where" class="filters" method="get" action="/ui/puzzle">{choices}'
            '<button type="submit">Show</button></form>'
        )


def _all(values: Iterable[str]) -> list[tuple[str, str]]:
    return [("", "all"), *((one, one) for one in values if one)]


def _worst(one: JointFacts) -> tuple[int, str]:
    return WORST_FIRST.index(one.word), one.id


def _step(facts: MapFacts) -> str:
    """What to do next: about the worst contract, or how to begin."""
    if not facts.pieces:
        said, step = "Make a service that goes the whole way:", "wherry new orders --team shop"
    elif not [one for one in facts.joints if one.name]:
        said = "No contract is written down yet. In a service's repository:"
        step = "wherry contract expose" if facts.is_installed else "wherry contract setup"
    else:
        worst = min(facts.joints, key=_worst)
        said, step = worst.why, NEXT[worst.word]
    if not step:
        return '<p id="step" class="good">✓ Every contract has been tried on what runs now.</p>'
    return f'<p id="step" class="next">{with_terms(said)} Next: <code>{text(step)}</code></p>'


def _drawing(facts: MapFacts, slots_of: Slots, whole: MapFacts) -> str:
    samples = "".join(
        f"<li>{draw_sample(word)}<span><strong>{SYMBOLS[word]} {word}</strong> {with_terms(MEANINGS[word])}</span></li>"
        for word in reversed(WORST_FIRST)
    )
    rest = left_out(facts)
    more = f"<p>{rest} more services have no room in the picture. Choose a namespace to see them.</p>" if rest else ""
    blind = (
        ""
        if facts.sees_traffic
        else "<p>Nobody here can see who talks to whom, so traffic without a contract does not show. "
        "On a node: <code>wherry contract unspoken</code></p>"
    )
    return (
        f'<figure id="drawing" class="drawing"><div class="scroll" tabindex="0" role="group" aria-label="The map">'
        f"{draw_map(facts, slots_of, of=whole)}</div><figcaption>{more}"
        '<details class="explain"><summary>How to read it</summary>'
        "<p>A piece is a service. A socket is what it needs; an arm with a head is what another one offers it.</p>"
        f'<ul class="samples">{samples}</ul>{blind}</details></figcaption></figure>'
    )


def _row(one: JointFacts, facts: MapFacts, now_s: float) -> Fragment:
    own = element_id("joint", one.id)
    by_id = facts.by_id
    name = link(url("contracts", *one.id.split("/", 1)), one.name) if one.name else "none"
    name += f"<small>{count(one.open_comments, 'open comment')}</small>" if one.open_comments else ""
    requests = f"<small>{text(', '.join(one.requests))}</small>" if one.requests else ""
    return Fragment(
        own,
        "joints",
        f'<tr id="{text(own)}" class="{one.word.lower()}"><th scope="row">{_service(by_id[one.consumer])}</th>'
        f"<td>{_service(by_id[one.provider])}</td><td>{name}{requests}</td>"
        f'<td><span class="mark {one.word.lower()}"><span aria-hidden="true">{SYMBOLS[one.word]}</span> {one.word}'
        f"</span></td><td>{_agreed(one)}</td><td>{_verified(one, now_s)}</td><td>{_breaks(one, facts)}</td></tr>",
    )


def _service(piece: PieceFacts) -> str:
    return f"{link(url('services', piece.namespace, piece.service), piece.service)} <small>{text(where(piece))}</small>"


def _agreed(one: JointFacts) -> str:
    signed = text(", ".join(one.agreed_by))
    missing = f"<small>not yet: {text(', '.join(one.missing))}</small>" if one.missing and one.name else ""
    return f"{signed or 'nobody'}{missing}"


def _verified(one: JointFacts, now_s: float) -> str:
    due = f"<small>{text(one.due)}</small>" if one.due and one.verified_at else ""
    return f"{text(one.verdict)}, {ago(one.verified_at, now_s)}{due}" if one.verified_at else "never"


def _breaks(one: JointFacts, facts: MapFacts) -> str:
    """What is wrong, or who would miss what."""
    consumer, provider = facts.by_id[one.consumer].service, facts.by_id[one.provider].service
    if one.word != "Verified":
        return with_terms(one.why)
    what_stops = f": {', '.join(one.requests)}" if one.requests else ""
    return with_terms(f"Nothing now. If {provider} stops, {consumer} misses it{what_stops}.")


def _gaps(facts: MapFacts, to_come: Sequence[tuple[str, str]]) -> Iterator[Fragment]:
    """What is missing, each with what to do."""
    items = "".join(
        f'<li class="gap-{one.kind}">{with_terms(one.says)} Next: <code>{text(one.step)}</code></li>'
        for one in facts.gaps[:GAPS_SHOWN]
    )
    items += "".join(
        f"<li>{text(name)} is still to come. {link(url('future', model=model), f'The way to {name}')}</li>"
        for name, model in to_come[:GAPS_SHOWN]
    )
    left = max(0, len(facts.gaps) - GAPS_SHOWN) + max(0, len(to_come) - GAPS_SHOWN)
    more = f"<p>And {left} more.</p>" if left else ""
    if items:
        yield Fragment(
            "gaps",
            ROOT,
            f'<section id="gaps"><h2>Gaps in the puzzle</h2><ul class="lines gaps">{items}</ul>{more}</section>',
        )


def _card(piece: PieceFacts, spaces: Iterable[str]) -> Fragment:
    own = element_id("piece", piece.id)
    said = [what(piece)]
    said += [f"offers {', '.join(piece.offers)}"] if piece.offers else []
    said += [f"needs {', '.join(piece.needs)}"] if piece.needs else []
    lines = "".join(f"<span>{text(one)}</span>" for one in said)
    href = text(url("services", piece.namespace, piece.service))
    return Fragment(
        own,
        "pieces",
        f'<li id="{text(own)}" class="card"><a class="thing" href="{href}">'
        f'<span class="name">{text(piece.service)}</span> <small>{text(where(piece))}</small>{lines}</a>'
        f"{_stand_in(piece, spaces)}{_move(piece)}</li>",
    )


def _stand_in(piece: PieceFacts, spaces: Iterable[str]) -> str:
    """Whom nobody runs can be played, from its contract."""
    if piece.is_played:
        return end_form(piece.service, piece.namespace, BACK)
    return start_form(piece.service, spaces, piece.namespace, BACK) if piece.offers and not piece.pods else ""


def _move(piece: PieceFacts) -> str:
    fields = hidden_fields(namespace=piece.namespace, service=piece.service)
    buttons = "".join(f'<button type="submit" name="to" value="{step}">{step.title()}</button> ' for step in STEPS)
    return (
        f'<details class="action"><summary>Move<span class="hidden"> {text(piece.service)} in {text(piece.namespace)} '
        f'on the map</span></summary><form method="post" action="/ui/actions/move">{fields}'
        f"<p>For everybody who looks at the map.</p>{buttons}</form></details>"
    )


def _make(live: Live, asked: Asked) -> Page:
    return Page("Puzzle", PuzzlePage(live, asked).render, interval_s=INTERVAL_S)


PUZZLE = View(
    "puzzle",
    "Puzzle",
    _make,
    explains="Services are pieces of a puzzle. A contract says what one needs of another. When both teams have signed, "
    "and a trial on what runs has passed, the pieces fit. The table says the same as the picture.",
    tells_of=APIS,
)

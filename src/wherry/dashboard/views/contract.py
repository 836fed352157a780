"""A contract: its two parties, what holds of it, who has signed, and what people say to each other about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from wherry.api.method.agreement import AGREEMENTS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import choice, definitions, element_id, hidden_fields, link, text, twin, url, with_terms
from wherry.dashboard.puzzle.facts import SYMBOLS
from wherry.dashboard.times import ago
from wherry.dashboard.views.view import Asked, Page, View
from wherry.method.contracts.comments import Remark, open_remarks
from wherry.method.contracts.due import beyond_nights, by_hand, why_due
from wherry.method.contracts.standing import Standing
from wherry.narrate.templates import count

INTERVAL_S = 1.0
ON = {"API": "the promise", "Need": "the need", "Agreement": "the contract"}


class ContractPage:
    """One contract, as this person may see it."""

    def __init__(self, live: Live, namespace: str, name: str) -> None:
        """It need not be there (any more)."""
        self._live = live
        self._namespace = namespace
        self._name = name
        self._user: str | None = None

    async def render(self) -> Rendered:
        """Its pieces now."""
        one, user = await self._standing(), await self._viewer()
        if one is None:
            said = f"There is no contract {self._name} in {self._namespace} (any more)."
            if self._live.following.reach(AGREEMENTS) == "forbidden":
                said = f"You may not see whether there is a contract {self._name} in {self._namespace}."
            return Rendered([Fragment("verdict", ROOT, _headline(said))], said)
        waiting = len(open_remarks(one.remarks))
        said = f"{one.name} is {one.state.word}: {one.state.why}"
        said += f" {count(waiting, 'comment')} {'is' if waiting == 1 else 'are'} open." if waiting else ""
        pieces = [
            Fragment("verdict", ROOT, _headline(said)),
            Fragment("parties", ROOT, _parties(one)),
            Fragment("conditions", ROOT, _conditions(one, self._live.now_s())),
            Fragment("talk", ROOT, '<section id="talk"><h2>Comments</h2>', "</section>"),
            Fragment("said", "talk", '<ul id="said" class="story">', "</ul>"),
        ]
        pieces += [_comment(remark, one, user, self._live.now_s()) for remark in one.remarks]
        if not one.remarks:
            pieces.append(Fragment("nothing", "talk", '<p id="nothing">Nobody has said anything yet.</p>'))
        return Rendered(pieces, said)

    async def form(self) -> str:
        """Where people of either party write; whoever else looks is told who may."""
        one, user = await self._standing(), await self._viewer()
        if one is None:
            return ""
        people = [person for party in one.parties for person in party.people]
        if user not in people:
            who = " and ".join(people) or "nobody"
            return f"<p>{text(f'{who} may comment, sign and withdraw; you are {user}.')}</p>"
        fields = hidden_fields(namespace=self._namespace, name=self._name)
        places = [("", "the whole contract"), *((place, place) for place in one.requests)]
        return (
            f'<form method="post" action="/ui/actions/comment" class="action">{fields}'
            '<label>Your comment <textarea name="text" maxlength="4000" rows="3" required></textarea></label>'
            f"{choice('about', 'About', places, '')}"
            f'<button type="submit">Say it as {text(user)}</button>'
            f'<p>In a terminal: <code>wherry contract comment {text(one.name)} "..."</code></p></form>'
        )

    async def _standing(self) -> Standing | None:
        from wherry.dashboard.puzzle.reading import CATALOGUE, authorities
        from wherry.method.contracts.overview import read_puzzle

        for resource in CATALOGUE:
            await self._live.all(resource)
        puzzle = await read_puzzle(self._live.client, await authorities(self._live))
        key = (self._namespace, self._name)
        return next((one for one in puzzle.contracts if (one.consumer_namespace, one.name) == key), None)

    async def _viewer(self) -> str:
        from wherry.method.delivery.requester import requester

        if self._user is None:
            self._user = await requester(self._live.client, "")
        return self._user


def _headline(said: str) -> str:
    return f'<p id="verdict" class="headline">{with_terms(said)}</p>'


def _parties(one: Standing) -> str:
    sides = ((one.consumer, one.consumer_namespace, "needs it"), (one.provider, one.provider_namespace, "promises it"))
    rows = [
        (
            party.team or party.service,
            f"{link(url('services', home, service), service)} {does}. "
            f"{text(', '.join(party.people) or 'nobody')} may sign. {_signed(one, party.team)}",
        )
        for party, (service, home, does) in zip(one.parties, sides, strict=True)
    ]
    rows.append(("Requests", text(", ".join(one.requests) or "none")))
    mark = f'<p><span class="mark {one.state.word.lower()}"><span aria-hidden="true">{SYMBOLS[one.state.word]}</span> '
    return f'<section id="parties"><h2>Parties</h2>{mark}{one.state.word}</span></p>{definitions(rows)}</section>'


def _signed(one: Standing, team: str) -> str:
    last = {who.user: who.at for who in sorted(one.signed, key=lambda who: who.moment) if who.statement.team == team}
    signed = "; ".join(f"{user}, {at}" for user, at in last.items())
    return text(f"Signed by {signed}." if signed else "Not signed yet.")


def _conditions(one: Standing, now_s: float) -> str:
    rows = "".join(
        f'<tr><th scope="row">{with_terms(each.type)}</th><td>{"✓ yes" if each.holds else "✕ no"}</td>'
        f"<td>{with_terms(each.why)}</td></tr>"
        for each in one.state.conditions
    )
    reading = _due(one, now_s) + twin(f"kubectl get agreement {one.name} -n {one.consumer_namespace} -o yaml")
    return (
        '<section id="conditions"><h2>What holds</h2><table><thead><tr><th scope="col">Condition</th>'
        f'<th scope="col">Holds</th><th scope="col">Why</th></tr></thead><tbody>{rows}</tbody></table>{reading}'
        f"{twin('kubectl get comments -A')}</section>"
    )


def _due(one: Standing, now_s: float) -> str:
    """Whether it is to be tried, how, and what of it no night does."""
    if one.facts is None:
        return ""
    due, nights = why_due(one.facts, datetime.fromtimestamp(now_s, UTC)), beyond_nights(one.facts)
    when = f" Next: <code>{text(' '.join(by_hand(one.facts, one.name).split()))}</code>" if due else ""
    said = " ".join(part for part in (due, nights) if part)
    return f'<p class="next">{with_terms(said)}{when}</p>' if said else ""


def _comment(remark: Remark, one: Standing, user: str, now_s: float) -> Fragment:
    own = element_id("comment", remark.name)
    place = remark.about or ON[remark.subject.kind]
    lines = [f"about {place}", *([remark.since] if remark.since else []), remark.standing]
    takes_back = ""
    if remark.user == user and not remark.is_withdrawn:
        fields = hidden_fields(namespace=one.consumer_namespace, name=one.name, comment=remark.name)
        button = '<button type="submit">Withdraw it</button>'
        takes_back = f'<form method="post" action="/ui/actions/withdraw">{fields}{button}</form>'
    who = f"{remark.user} ({remark.team})" if remark.team else remark.user
    return Fragment(
        own,
        "said",
        f'<li id="{text(own)}" class="{remark.standing}"><strong>{text(who)}</strong> '
        f"<small>{ago(remark.at, now_s)}; {text('; '.join(lines))}</small>"
        f"<p>{_lines(remark.text)}</p>{takes_back}</li>",
    )


def _lines(said: str) -> str:
    return "<br>".join(text(line) for line in _kept(said.splitlines()))


def _kept(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def _make(live: Live, asked: Asked) -> Page:
    namespace, name = asked.segments
    page = ContractPage(live, namespace, name)
    above = f"<p>{link(url('puzzle'), 'All contracts')}</p>"
    return Page(f"Contract {name}", page.render, above, interval_s=INTERVAL_S, still=page.form)


CONTRACT = View(
    "contracts",
    "",
    _make,
    segments=2,
    explains="A contract says what one service needs of another. Here is who the two parties are, what holds, "
    "and what people say. A comment stays with the version it was about, until both teams sign again.",
)

"""How a contract is shown at the terminal: its parties, what holds, who has signed, and what people say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wherry.cli.contract_absent import Names, Side, absent_thing, read_names
from wherry.cli.contract_words import say_next, show_rows
from wherry.cli.output import Trouble, note, say
from wherry.method.contracts.acting import Actor, entries
from wherry.method.contracts.catalogue import Entry, NothingPublished, read_catalogue, read_published_api
from wherry.method.contracts.comments import Remark, remarks_on_promise
from wherry.method.contracts.due import beyond_nights, by_hand, this_moment, why_due
from wherry.method.contracts.state import State

if TYPE_CHECKING:
    from wherry.api.method.api import Api as ApiObject
    from wherry.cli.verifying import Tried
    from wherry.method.contracts.api import Api


SHOWN_MAX = 20
ON = {"API": "the promise", "Need": "the need", "Agreement": "the contract"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A contract, or (`entry` is None) only the promise of a service, and what people say about it."""

    reference: str
    entry: Entry | None
    state: State | None
    remarks: tuple[Remark, ...]
    promise: ApiObject | None
    api: Api | None


@dataclass(frozen=True, slots=True)
class Meant:
    """Which command asks, for which service (None: outside of one), and what is typed behind the contract's name."""

    verb: str
    side: Side | None
    rest: str = ""

    def absent(self, name: str, names: Names) -> Trouble:
        """What to tell where there is none of that name."""
        return absent_thing(name, self.verb, self.rest, self.side, names)


async def find(actor: Actor, name: str, meant: Meant) -> Shown:
    """The contract of this name, or the service's promise. Raises Trouble."""
    try:
        found = await entries(actor, only=name)
    except NothingPublished:
        raise meant.absent(name, Names()) from None
    if found:
        one = _chosen([entry for entry, _ in found], actor)
        state = next(state for entry, state in found if entry is one)
        return Shown(f"agreement/{name}", one, state, one.remarks, one.api, one.facts.api)
    promise = await _find_promise(actor, name)
    if promise is None:
        raise meant.absent(name, await read_names(actor))
    api = await read_published_api(actor.client, promise)
    comments = (await read_catalogue(actor.client)).comments
    remarks = remarks_on_promise(comments, promise.metadata.namespace, name, api.digest, actor.ca_pems)
    return Shown(f"api/{name}", None, None, remarks, promise, api)


def _chosen(found: Sequence[Entry], actor: Actor) -> Entry:
    """The contract of this name that the actor's own namespace has a part in, or the only one. Raises Trouble."""
    own = [
        one
        for one in found
        if actor.namespace in (one.agreement.metadata.namespace, one.agreement.spec.provider_namespace)
    ]
    if len(own or found) > 1:
        homes = ", ".join(one.agreement.metadata.namespace for one in own or found)
        name = found[0].agreement.metadata.name
        raise Trouble(f"there are contracts {name} in {homes}", remedy="choose the environment: --in ENV", exit_code=2)
    return (own or found)[0]


async def _find_promise(actor: Actor, service: str) -> ApiObject | None:
    """The promise of a service: the one in the actor's namespace, or the only one. Raises Trouble."""
    found = (await read_catalogue(actor.client)).find_apis(service)
    own = [one for one in found if one.metadata.namespace == actor.namespace] or found
    if len(own) > 1:
        homes = ", ".join(one.metadata.namespace for one in own)
        raise Trouble(f"{service} is promised in {homes}", remedy="choose the environment: --in ENV", exit_code=2)
    return own[0] if own else None


def verified_word(entry: Entry, state: State) -> str:
    """In a word: whether it was tried on what runs now, and whether it is to be tried (again)."""
    holds, due = state.condition("Verified").holds, why_due(entry.facts, this_moment())
    return ("yes, due again" if due else "yes") if holds else ("due" if due else "no")


def contracts_sentence(service: str, found: Sequence[tuple[Entry, State]]) -> str:
    """How many contracts there are and how they stand; of one service (not "") also who would miss it."""
    if not found:
        return f"{service} has no contracts yet." if service else "No contracts yet."
    words = [state.word for _, state in found]
    count = f"{len(found)} contract{'' if len(found) == 1 else 's'}"
    stand = f"{words.count('Verified')} verified, {words.count('Broken')} broken"
    if not service:
        return f"{count}, {stand}."
    specs = [entry.agreement.spec for entry, _ in found]
    users = sorted({one.consumer for one in specs if one.provider == service})
    needed = sorted({one.provider for one in specs if one.consumer == service})
    who = f"{_listed(users)} need{'s' * (len(users) == 1)} {service}" if users else f"Nobody needs {service}"
    whom = f"; it needs {_listed(needed)}" if needed else ""
    return f"{who}{whom}: {count}, {stand}."


def _listed(names: Sequence[str]) -> str:
    """Names as a person lists them."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def show_deep(one: Tried) -> None:
    """What the deep check has found; it is no part of the result."""
    if one.deep is None:
        return
    found = list(one.deep.found)
    says = f"{len(found)} kinds of answer are against the promise" if found else "every answer is as promised"
    note(f"   {one.contract}, deeply: {one.deep.sent} requests, and {says}. It changes no answer.")
    for line in found[:SHOWN_MAX]:
        note(f"     {line}")
    if one.deep.left_out:
        note(f"     Not asked, because it changes something: {', '.join(one.deep.left_out)}. Try it with --twin.")


def show_contract(entry: Entry, state: State) -> None:
    """A contract with all that is known about it."""
    metadata, spec, facts = entry.agreement.metadata, entry.agreement.spec, entry.facts
    say(f"{metadata.name} is {state.word}: {state.why}")
    show_rows(
        ("CONDITION", "HOLDS", "WHY"),
        [(one.type, "yes" if one.holds else "no", one.why) for one in state.conditions],
    )
    if due := why_due(facts, this_moment()):
        note(f"   {due} {by_hand(facts, metadata.name)}")
    if nights := beyond_nights(facts):
        note(f"   {nights}")
    sides = ((facts.consumer, metadata.namespace, "needs"), (facts.provider, spec.provider_namespace, "promises"))
    show_rows(
        ("PARTY", "NAMESPACE", "TEAM", "MAY SIGN", "IT"),
        [(party.service, home, party.team, ", ".join(party.people), does) for party, home, does in sides],
    )
    pair = (facts.api.digest if facts.api else "", facts.need.digest)
    signed = [one for one in facts.signatures if (one.statement.api_digest, one.statement.need_digest) == pair]
    show_rows(("SIGNED BY", "FOR", "AT"), [(one.user, one.statement.team, one.at) for one in signed])
    _show_remarks(entry.remarks)


def show_promise(found: Shown) -> None:
    """What people say about a promise that is nobody's contract yet."""
    count = len(found.remarks)
    say(
        f"{found.reference.partition('/')[2]} has published a promise, with {count} comment{'' if count == 1 else 's'}."
    )
    _show_remarks(found.remarks)
    say_next("wherry contract list")


def _show_remarks(remarks: Sequence[Remark]) -> None:
    """What people have said, the oldest first."""
    show_rows(
        ("COMMENT", "BY", "ABOUT", "SAYS", "IT IS"),
        [
            (
                one.name,
                f"{one.user} ({one.team})" if one.team else one.user,
                one.about or ON[one.subject.kind],
                " ".join(one.text.split()),
                f"{one.standing}{f'; {one.since}' if one.since else ''}",
            )
            for one in remarks
        ],
    )


def shown_as_json(found: Shown) -> dict[str, object]:
    """The same as data."""
    if found.entry is None or found.state is None:
        return {"name": found.reference.partition("/")[2], "comments": [*map(_remark_as_json, found.remarks)]}
    return contract_as_json(found.entry, found.state)


def contract_as_json(entry: Entry, state: State) -> dict[str, object]:
    """A contract as data."""
    spec = entry.agreement.spec
    return {
        "name": entry.agreement.metadata.name,
        "consumer": spec.consumer,
        "provider": spec.provider,
        "state": state.word,
        "why": state.why,
        "conditions": {one.type: {"holds": one.holds, "why": one.why} for one in state.conditions},
        "signatures": [{"user": one.user, "team": one.statement.team, "at": one.at} for one in entry.facts.signatures],
        "due": why_due(entry.facts, this_moment()),
        "comments": [*map(_remark_as_json, entry.remarks)],
    }


def _remark_as_json(one: Remark) -> dict[str, object]:
    """A comment as data."""
    return {
        "name": one.name,
        "user": one.user,
        "team": one.team,
        "at": one.at,
        "about": one.about,
        "on": one.subject.kind,
        "text": one.text,
        "state": one.standing,
        "since": one.since,
    }

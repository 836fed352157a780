"""How a contract stands: computed from what is known, never set by hand.

Proposed -> Exposed -> Agreed -> Verified, and beside that way: Broken (it fitted once and does not any more) and
Drifting (what is promised now is not what was agreed, and nobody is hurt).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wherry.method.contracts.api import Api
from wherry.method.contracts.fit import fit
from wherry.method.contracts.moments import NEVER, Moment
from wherry.method.contracts.need import Need
from wherry.method.contracts.seal import Signed
from wherry.method.contracts.words import listed

Word = Literal["Proposed", "Exposed", "Agreed", "Verified", "Broken", "Drifting"]


@dataclass(frozen=True, slots=True)
class Party:
    """One side: its service, its team, and who may sign for the team."""

    service: str
    team: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """A verification: of which documents, on which release, with which result (Passed, Failed, Incomplete)."""

    api_digest: str
    need_digest: str
    release: str
    result: str
    message: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about one contract. `api` is None when the provider has published nothing that can be read.

    `served` is the digest of what the running service serves, "" when it serves none, None when nobody has seen it;
    `served_at` says when that was seen last ("": just now). `release` are the images that run, "" when unknown.
    Signatures are proved already.
    """

    provider: Party
    consumer: Party
    api: Api | None
    need: Need
    served: str | None = None
    release: str = ""
    signatures: tuple[Signed, ...] = ()
    trials: tuple[Tried, ...] = ()
    served_at: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is so or is not, and why."""

    type: str
    holds: bool
    why: str


@dataclass(frozen=True, slots=True)
class State:
    """The word for it, the conditions it comes from, and the sentence that explains it."""

    word: Word
    conditions: tuple[Condition, ...]
    why: str

    def condition(self, name: str) -> Condition:
        """One of Explicit, Exposed, Agreed, Verified."""
        return next(one for one in self.conditions if one.type == name)


def compute_state(facts: Facts) -> State:
    """How the contract stands."""
    conditions = (_explicit(facts), _exposed(facts), _agreed(facts), _verified(facts))
    explicit, exposed, agreed, verified = conditions
    trial = current_trial(facts)
    fitted_once = bool(_agreed_pairs(facts)) or any(one.result == "Passed" for one in facts.trials)
    if fitted_once and (not explicit.holds or (trial is not None and trial.result == "Failed")):
        return State("Broken", conditions, verified.why if explicit.holds else explicit.why)
    moved = facts.api is not None and exposed.why and facts.served not in (None, "", facts.api.digest)
    if _agreed_pairs(facts) and (not agreed.holds or moved):
        return State("Drifting", conditions, exposed.why if moved else agreed.why)
    if not explicit.holds:
        return State("Proposed", conditions, explicit.why)
    if agreed.holds:
        if exposed.holds and verified.holds:
            return State("Verified", conditions, verified.why)
        return State("Agreed", conditions, verified.why if exposed.holds else exposed.why)
    return State("Exposed" if exposed.holds else "Proposed", conditions, agreed.why if exposed.holds else exposed.why)


def _explicit(facts: Facts) -> Condition:
    if facts.api is None:
        return Condition("Explicit", False, f"{facts.provider.service} has published no contract.")
    reasons = [reason for reason in fit(facts.need, facts.api) if reason.certain]
    if reasons:
        more = f" And {len(reasons) - 1} more." if len(reasons) > 1 else ""
        return Condition("Explicit", False, reasons[0].sentence + more)
    return Condition("Explicit", True, "The need fits the promise.")


def _exposed(facts: Facts) -> Condition:
    name = facts.provider.service
    if facts.api is None or facts.served is None:
        return Condition("Exposed", False, f"Nobody has seen {name} serve its contract yet.")
    when = seen_last(facts.served_at)
    if not facts.served:
        return Condition("Exposed", False, f"{name} was asked for its contract and serves none{when}.")
    if facts.served != facts.api.digest:
        return Condition("Exposed", False, f"{name} serves another contract than it has published{when}.")
    return Condition("Exposed", True, f"{name} serves what it has published{when}.")


def seen_last(at: str) -> str:
    """How old a look is, as the end of a sentence; "" for one of just now."""
    return f" (seen last at {at})" if at else ""


def unsigned(facts: Facts) -> tuple[Party, ...]:
    """Whose signature under the documents as they are now is missing; both, when there is nothing to sign."""
    pair = (facts.api.digest if facts.api else "", facts.need.digest)
    parties = dict.fromkeys((facts.provider, facts.consumer))
    return tuple(party for party in parties if not pair[0] or not _signers(facts, party, pair))


def _agreed(facts: Facts) -> Condition:
    if facts.api is None:
        return Condition("Agreed", False, "Nothing to sign.")
    missing = [f"{party.team} ({' or '.join(party.people) or 'nobody is named'})" for party in unsigned(facts)]
    if missing:
        return Condition("Agreed", False, f"Not signed yet by {listed(missing)}.")
    pair = (facts.api.digest, facts.need.digest)
    people = {user for party in (facts.provider, facts.consumer) for user in _signers(facts, party, pair)}
    return Condition("Agreed", True, f"Signed by {listed(sorted(people))}.")


def _signers(facts: Facts, party: Party, pair: tuple[str, str]) -> list[str]:
    """Who has signed this pair of documents for a party, of those who may."""
    return [one.user for one in _signatures(facts, party, pair)]


def _signatures(facts: Facts, party: Party, pair: tuple[str, str]) -> list[Signed]:
    return [
        one
        for one in facts.signatures
        if (one.statement.api_digest, one.statement.need_digest) == pair
        and (one.statement.consumer, one.statement.provider) == (facts.consumer.service, facts.provider.service)
        and one.statement.team == party.team
        and one.user in party.people
    ]


def _agreed_pairs(facts: Facts) -> set[tuple[str, str]]:
    """The pairs of documents that both parties have signed at some time."""
    pairs = {(one.statement.api_digest, one.statement.need_digest) for one in facts.signatures}
    return {pair for pair in pairs if all(_signers(facts, party, pair) for party in (facts.provider, facts.consumer))}


def has_signed(facts: Facts, party: Party, user: str) -> bool:
    """Whether a person has signed the documents of today for a party."""
    return facts.api is not None and user in _signers(facts, party, (facts.api.digest, facts.need.digest))


def agreed_at(facts: Facts) -> Moment:
    """Until when both parties have signed one pair of documents: the earlier one of the last two signatures."""
    parties = (facts.provider, facts.consumer)
    pairs = _agreed_pairs(facts)
    return max((min(_signed_at(facts, party, pair) for party in parties) for pair in pairs), default=NEVER)


def _signed_at(facts: Facts, party: Party, pair: tuple[str, str]) -> Moment:
    """When a party has last signed a pair of documents."""
    return max(one.moment for one in _signatures(facts, party, pair))


def is_signed_otherwise(facts: Facts) -> bool:
    """Whether both parties have agreed, to other documents than today's."""
    return bool(_agreed_pairs(facts)) and bool(unsigned(facts))


def current_trial(facts: Facts) -> Tried | None:
    """The last trial of these documents on what runs now."""
    if facts.api is None:
        return None
    found = [
        one
        for one in facts.trials
        if (one.api_digest, one.need_digest) == (facts.api.digest, facts.need.digest)
        and (not facts.release or one.release == facts.release)
    ]
    # What could be tried only in part takes nothing back from a trial of all of it.
    conclusive = [one for one in found if one.result != "Incomplete"]
    return max(conclusive or found, key=lambda one: one.at, default=None)


def last_result(facts: Facts) -> str:
    """What the last trial of these documents on what runs now said: Passed, Failed, Incomplete; "": not tried."""
    trial = current_trial(facts)
    return trial.result if trial is not None else ""


def _since(facts: Facts) -> str:
    """Since when a trial is out of date: who has been tried once is told what has changed since."""
    if not facts.trials or facts.api is None:
        return ""
    return " since its last release" if has_tried_documents(facts) else " since what was agreed has changed"


def has_tried_documents(facts: Facts) -> bool:
    """Whether the documents of today have been tried, on whatever release."""
    pair = (facts.api.digest if facts.api else "", facts.need.digest)
    return any((one.api_digest, one.need_digest) == pair for one in facts.trials)


def _verified(facts: Facts) -> Condition:
    trial = current_trial(facts)
    if trial is None:
        return Condition("Verified", False, f"Not tried on the running {facts.provider.service}{_since(facts)}.")
    return Condition("Verified", trial.result == "Passed", trial.message or f"The last trial: {trial.result}.")

"""The map of contracts as plain data: pieces, what joins them and how it stands. `GET /ui/v1/map.json` is this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from wherry.apimachinery.struct import Struct

Word = Literal["Proposed", "Exposed", "Agreed", "Verified", "Broken", "Drifting", "Unspoken"]

SYMBOLS: Mapping[Word, str] = {
    "Proposed": "◌",
    "Exposed": "◐",
    "Agreed": "●",
    "Verified": "✓",
    "Broken": "✕",
    "Drifting": "≈",
    "Unspoken": "?",
}
MEANINGS: Mapping[Word, str] = {
    "Proposed": "The need is written down. What is promised does not fit it yet, or is not shown yet.",
    "Exposed": "The provider shows what it promises, and the need fits. Not both have signed.",
    "Agreed": "A person of each team has signed. Nobody has tried it on what runs now.",
    "Verified": "Both have signed, and what runs now has passed the trial.",
    "Broken": "It fitted once, and does not any more.",
    "Drifting": "What is promised now is not what was signed. Nobody is hurt yet.",
    "Unspoken": "One uses the other, and there is no contract between them.",
}
NEXT: Mapping[Word, str] = {
    "Proposed": "wherry contract expose",
    "Exposed": "wherry contract agree",
    "Agreed": "wherry contract verify",
    "Broken": "wherry breaks",
    "Drifting": "wherry contract agree",
    "Unspoken": "wherry contract propose",
    "Verified": "",
}
WORST_FIRST: tuple[Word, ...] = ("Broken", "Drifting", "Unspoken", "Proposed", "Exposed", "Agreed", "Verified")


class PieceFacts(Struct):
    """One service in one namespace. `offers` are the operations that it promises, `needs` the services it uses.

    `is_published` is False for one that others need and that has promised nothing. `is_played`: by a stand-in.
    """

    id: str
    service: str
    namespace: str
    environment: str
    team: str
    offers: tuple[str, ...]
    needs: tuple[str, ...]
    pods: int
    troubled: int
    is_published: bool
    is_played: bool = False


class JointFacts(Struct):
    """What joins two pieces: a contract, or traffic without one (then `name` is empty)."""

    id: str
    name: str
    consumer: str
    provider: str
    word: Word
    why: str
    requests: tuple[str, ...]
    agreed_by: tuple[str, ...]
    missing: tuple[str, ...]
    verified_at: str
    verdict: str
    open_comments: int = 0
    due: str = ""


class GapFacts(Struct):
    """Something that is missing: `kind` is call, need or unused; what it is, in a sentence, and what to do."""

    kind: str
    consumer: str
    provider: str
    says: str
    step: str


class MapFacts(Struct):
    """The whole map. `sees_traffic` says whether anybody here could look for traffic without a contract."""

    sentence: str
    pieces: tuple[PieceFacts, ...]
    joints: tuple[JointFacts, ...]
    sees_traffic: bool
    is_installed: bool
    gaps: tuple[GapFacts, ...] = ()

    @property
    def by_id(self) -> dict[str, PieceFacts]:
        """The pieces by their ids."""
        return {piece.id: piece for piece in self.pieces}

    def only(self, namespace: str = "", environment: str = "") -> MapFacts:
        """The pieces of one place, with those that they are joined to."""
        if not namespace and not environment:
            return self
        inside = {
            one.id for one in self.pieces if namespace in ("", one.namespace) and environment in ("", one.environment)
        }
        joints = tuple(one for one in self.joints if one.consumer in inside or one.provider in inside)
        shown = inside | {end for one in joints for end in (one.consumer, one.provider)}
        pieces = tuple(one for one in self.pieces if one.id in shown)
        names = {one.service for one in pieces if one.id in inside}
        gaps = tuple(one for one in self.gaps if {one.consumer, one.provider} & names)
        said = sentence(pieces, joints)
        return msgspec.structs.replace(self, sentence=said, pieces=pieces, joints=joints, gaps=gaps)


def sentence(pieces: tuple[PieceFacts, ...], joints: tuple[JointFacts, ...]) -> str:
    """How it all stands: "5 services, 4 contracts: 1 broken, 2 verified. 1 pair talks without a contract."."""
    if not pieces:
        return "There is no service yet."
    contracts = [one for one in joints if one.name]
    counts = [(word, sum(one.word == word for one in contracts)) for word in WORST_FIRST]
    stand = ", ".join(f"{number} {word.lower()}" for word, number in counts if number)
    said = f"{_count(len(pieces), 'service')}, {_count(len(contracts), 'contract')}{f': {stand}' if stand else ''}."
    unspoken = len(joints) - len(contracts)
    if unspoken:
        said += f" {_count(unspoken, 'pair')} {'talks' if unspoken == 1 else 'talk'} without a contract."
    return said


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"

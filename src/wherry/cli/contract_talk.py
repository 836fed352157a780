"""What people say about contracts, at the terminal: writing it, and taking it back."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from wherry.cli.contract_absent import Side
from wherry.cli.contract_showing import Meant, Shown, find
from wherry.cli.output import note
from wherry.method.contracts.about import check_about
from wherry.method.contracts.acting import Actor, key_of, now
from wherry.method.contracts.catalogue import Entry
from wherry.method.contracts.commenting import check_party, check_text, find_own, subject_of, write_comment
from wherry.method.contracts.comments import Subject, Words, open_remarks, words_of

SHOWN_CHARS = 100


@dataclass(frozen=True, slots=True)
class Comment:
    """What is to be said about a place of a contract or, for its promise alone, of a service.

    `on` is contract, promise or need; `side` is the service for which it is said.
    """

    name: str
    text: str
    about: str
    on: str
    side: Side | None = None

    async def go(self, actor: Actor) -> str:
        """Say it; the sentence that says what was done. Raises NotPossible, Trouble, NoCatalogue, Forbidden."""
        identity, text = key_of(actor), check_text(self.text)
        found = await find(actor, self.name, Meant("comment", self.side, f" {shlex.quote(self.text)}"))
        need = found.entry.facts.need if found.entry is not None else None
        words = Words(actor.user, now(), text, check_about(self.about, found.api, need))
        subject = self._subject(found, actor)
        made = await write_comment(actor.client, actor.namespace, subject, words, identity)
        return f"Said about {self.name}{f', {words.about}' if words.about else ''}: {made}."

    def _subject(self, found: Shown, actor: Actor) -> Subject:
        if found.entry is None:
            assert found.promise is not None
            metadata = found.promise.metadata
            return Subject("API", metadata.namespace, metadata.name, found.api.digest if found.api else "")
        if self.on != "promise":
            check_party(found.entry, actor.user)
        return subject_of(found.entry.agreement, found.entry.facts, self.on)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What its author takes back: the comment `comment` on the contract (or the promise) `name`."""

    name: str
    comment: str
    side: Side | None = None

    async def go(self, actor: Actor) -> str:
        """Take it back; the sentence that says so. Raises NotPossible, Trouble, NoCatalogue, Forbidden."""
        identity = key_of(actor)
        found = await find(actor, self.name, Meant("withdraw", self.side, f" {self.comment}"))
        subject = find_own(found.remarks, self.comment, actor.user).subject
        words = Words(actor.user, now(), withdraws=self.comment)
        await write_comment(actor.client, actor.namespace, subject, words, identity)
        return f"{self.comment} is withdrawn. What it said stays there to be read, as withdrawn."


def note_open(entry: Entry) -> None:
    """What is still open about a contract, on the way to signing it."""
    for one in open_remarks(entry.remarks):
        said = words_of(one)
        note(f"   Open: {said if len(said) <= SHOWN_CHARS else said[:SHOWN_CHARS] + ' ...'}")

"""Saying something about a contract, and taking it back: the object that is written, in the author's own namespace."""

from __future__ import annotations

import msgspec

from wherry.api.method.agreement import Agreement
from wherry.api.method.comment import COMMENTS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.client.client import Client
from wherry.kit.http.tls import KeyPair
from wherry.method.contracts.catalogue import Entry, NoCatalogue
from wherry.method.contracts.comments import TEXT_CHARS_MAX, Remark, Subject, Words, seal_comment
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.state import Facts, Party
from wherry.method.contracts.words import listed


def subject_of(agreement: Agreement, facts: Facts, on: str = "contract") -> Subject:
    """What a comment on a contract is about: the whole, its promise or its need."""
    metadata, spec = agreement.metadata, agreement.spec
    promise, need = facts.api.digest if facts.api else "", facts.need.digest
    if on == "promise":
        return Subject("API", spec.provider_namespace, spec.provider, promise)
    if on == "need":
        return Subject("Need", metadata.namespace, metadata.name, need_digest=need)
    return Subject("Agreement", metadata.namespace, metadata.name, promise, need)


def party_of(entry: Entry, user: str) -> tuple[Party, str] | None:
    """The side for which a person speaks, and its namespace; None for somebody of neither."""
    spec = entry.agreement.spec
    sides = (
        (entry.facts.consumer, entry.agreement.metadata.namespace),
        (entry.facts.provider, spec.provider_namespace),
    )
    return next(((party, home) for party, home in sides if user in party.people), None)


def check_party(entry: Entry, user: str) -> tuple[Party, str]:
    """The same. Raises NotPossible for somebody of neither party."""
    found = party_of(entry, user)
    if found is None:
        people = [*entry.facts.consumer.people, *entry.facts.provider.people]
        raise NotPossible(
            f"{user} is of neither party of {entry.agreement.metadata.name} ({listed(people) or 'nobody'} may comment)",
            "let a team name you in its contracts/parties.yaml, and expose or propose again",
        )
    return found


def check_text(text: str) -> str:
    """What is to be said. Raises NotPossible for nothing, or a novel."""
    said = text.strip()
    if not said:
        raise NotPossible("there is nothing in the comment", 'write it in quotes: wherry contract comment NAME "text"')
    if len(said) > TEXT_CHARS_MAX:
        raise NotPossible(f"a comment has up to {TEXT_CHARS_MAX} characters, and this one {len(said)}", "say it in two")
    return said


def find_own(remarks: tuple[Remark, ...], name: str, user: str) -> Remark:
    """The comment to withdraw. Raises NotPossible: only its author takes it back."""
    found = next((one for one in remarks if one.name == name), None)
    if found is None:
        raise NotPossible(f"there is no comment {name} here", "wherry contract show NAME shows what each is called")
    if found.user != user:
        raise NotPossible(f"only {found.user} can withdraw what {found.user} has said", "answer it with a comment")
    if found.is_withdrawn:
        raise NotPossible(f"{name} is withdrawn already", "wherry contract show NAME")
    return found


async def write_comment(client: Client, namespace: str, subject: Subject, words: Words, identity: KeyPair) -> str:
    """Write a comment, or take one back; the object's name. Raises Forbidden, NoCatalogue.

    Args:
        client: whose rights count.
        namespace: the author's own.
        subject: what it is about.
        words: what is said.
        identity: the author's key, or the dashboard's, which has seen who the author is.
    """
    try:
        await client.list(COMMENTS, namespace, limit=1)
    except NotFound as error:
        raise NoCatalogue("this cluster's catalogue cannot hold comments yet") from error
    name, spec = seal_comment(subject, words, identity)
    body: Document = {"metadata": {"name": name}, "spec": msgspec.to_builtins(spec)}
    await client.create(COMMENTS, body, namespace)
    return name

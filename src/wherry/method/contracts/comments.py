"""What people say to each other about a contract: whose words they are, about which version, and what is still open.

A comment is never changed, and nobody but its author takes it back: by a second one that withdraws the first. Both are
sealed as signatures are, by the author's own key or by the dashboard, which has seen who was signed in. What does not
prove itself is left out. A comment is open until it is withdrawn, or until both parties have signed after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from wherry.api.method.agreement import Agreement
from wherry.api.method.comment import Comment, CommentSpec
from wherry.kit.http.tls import KeyPair
from wherry.kit.signing import sign, signer
from wherry.method.contracts.moments import NEVER, Moment, moment_of
from wherry.method.contracts.schema import canonical
from wherry.method.contracts.state import Facts, agreed_at

PURPOSE = "wherry.dev/v1 comment"
WITNESS = "system:wherry:dashboard"
"""Whoever holds a certificate of this name says truly who has written something in a page."""
TEXT_CHARS_MAX = 4000
PROOF = ("certificate", "signature")
DIGEST_CHARS = 12
# With the digest behind it, a name is at most 253 characters.
NAME_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """What a comment is about: an API, a Need or an Agreement, and what the documents said then ("": not there)."""

    kind: str
    namespace: str
    name: str
    api_digest: str = ""
    need_digest: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says. `about` is a place that check_about has found; `withdraws` names what is taken back."""

    user: str
    at: str
    text: str = ""
    about: str = ""
    withdraws: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """One comment, as people read it.

    `team` is that of the author, "" for somebody of neither party. `since` says what has changed since, "" when
    nothing has. `is_open` says that nobody has settled it yet.
    """

    name: str
    user: str
    team: str
    at: str
    text: str
    about: str
    subject: Subject
    since: str = ""
    is_withdrawn: bool = False
    is_open: bool = True

    @property
    def standing(self) -> str:
        """In a word: open, settled or withdrawn."""
        return "withdrawn" if self.is_withdrawn else "open" if self.is_open else "settled"


def seal_comment(subject: Subject, words: Words, identity: KeyPair) -> tuple[str, CommentSpec]:
    """A comment with its proof, and the name that its object must have."""
    spec = CommentSpec(
        subject=subject.kind,
        namespace=subject.namespace,
        name=subject.name,
        user=words.user,
        at=words.at,
        text=words.text,
        about=words.about,
        api_digest=subject.api_digest,
        need_digest=subject.need_digest,
        withdraws=words.withdraws,
        certificate=identity.cert_pem.decode(),
        signature="",
    )
    return object_name(spec), msgspec.structs.replace(spec, signature=sign(identity, _sealed(spec)))


def object_name(spec: CommentSpec) -> str:
    """What the object of a comment is called: a copy under another name is no second comment."""
    return f"{spec.name[:NAME_CHARS_MAX]}-{hashlib.sha256(_sealed(spec)).hexdigest()[:DIGEST_CHARS]}"


def _sealed(spec: CommentSpec) -> bytes:
    """The bytes that are signed: all but the proof itself."""
    said = {name: value for name, value in msgspec.to_builtins(spec).items() if name not in PROOF}
    return canonical({"purpose": PURPOSE, **said}).encode()


def believed_comments(comments: Iterable[Comment], ca_pems: tuple[bytes, ...]) -> list[Comment]:
    """Those that prove themselves, each once, the oldest first."""
    found = {one.metadata.name: one for one in comments if _is_proved(one, ca_pems)}
    return sorted(found.values(), key=lambda one: moment_of(one.metadata))


def _is_proved(comment: Comment, ca_pems: tuple[bytes, ...]) -> bool:
    spec, at = comment.spec, comment.metadata.creation_timestamp
    if comment.metadata.name != object_name(spec):
        return False
    when = datetime.fromisoformat(at.replace("Z", "+00:00"))
    who = signer(_sealed(spec), spec.signature, spec.certificate.encode(), ca_pems=ca_pems, at=when)
    return who in (spec.user, WITNESS) and bool(spec.user)


def remarks_on_contract(
    comments: Iterable[Comment], agreement: Agreement, facts: Facts, ca_pems: tuple[bytes, ...]
) -> tuple[Remark, ...]:
    """What is said about a contract, its promise and its need, the oldest first.

    About the contract and the need only people of either party have a say; about a promise everybody has.
    """
    metadata, spec = agreement.metadata, agreement.spec
    subjects = {
        ("Agreement", metadata.namespace, metadata.name),
        ("Need", metadata.namespace, metadata.name),
        ("API", spec.provider_namespace, spec.provider),
    }
    own = [one for one in comments if (one.spec.subject, one.spec.namespace, one.spec.name) in subjects]
    proved = believed_comments(own, ca_pems)
    teams = {user: party.team for party in (facts.consumer, facts.provider) for user in party.people}
    heard = [one for one in proved if one.spec.subject == "API" or one.spec.user in teams]
    digests = (facts.api.digest if facts.api else "", facts.need.digest)
    return _remarks(heard, digests, teams, settled_at=agreed_at(facts))


def remarks_on_promise(
    comments: Iterable[Comment], namespace: str, service: str, digest: str, ca_pems: tuple[bytes, ...]
) -> tuple[Remark, ...]:
    """What is said about a promise by whoever has something to say, the oldest first."""
    own = [one for one in comments if _is_about(one.spec, namespace, service)]
    return _remarks(believed_comments(own, ca_pems), (digest, ""), {}, settled_at=NEVER)


def _is_about(spec: CommentSpec, namespace: str, service: str) -> bool:
    return (spec.subject, spec.namespace, spec.name) == ("API", namespace, service)


def _remarks(
    proved: Sequence[Comment], digests: tuple[str, str], teams: dict[str, str], *, settled_at: Moment
) -> tuple[Remark, ...]:
    withdrawn = {(one.spec.withdraws, one.spec.user) for one in proved if one.spec.withdraws}
    made = []
    for one in proved:
        spec, name, at = one.spec, one.metadata.name, one.metadata.creation_timestamp
        if spec.withdraws:
            continue
        is_withdrawn = (name, spec.user) in withdrawn
        made.append(
            Remark(
                name,
                spec.user,
                teams.get(spec.user, ""),
                at,
                spec.text,
                spec.about,
                Subject(spec.subject, spec.namespace, spec.name, spec.api_digest, spec.need_digest),
                since=_since(spec, digests),
                is_withdrawn=is_withdrawn,
                is_open=not is_withdrawn and not moment_of(one.metadata) < settled_at,
            )
        )
    return tuple(made)


def _since(spec: CommentSpec, digests: tuple[str, str]) -> str:
    """What is not as it was when the comment was written."""
    api_digest, need_digest = digests
    changed = []
    if spec.subject != "Need" and spec.api_digest != api_digest:
        changed.append("the promise")
    if spec.subject != "API" and spec.need_digest != need_digest:
        changed.append("the need")
    verb = "has" if len(changed) == 1 else "have"
    return f"{' and '.join(changed)} {verb} changed since" if changed else ""


def open_remarks(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Those that wait for an answer."""
    return tuple(one for one in remarks if one.is_open)


def words_of(remark: Remark) -> str:
    """A comment in one line: "ben (front), GET /orders price: Why is this text? (the need has changed since)"."""
    who = f"{remark.user} ({remark.team})" if remark.team else remark.user
    place = f", {remark.about}" if remark.about else ""
    since = f" ({remark.since})" if remark.since else ""
    return f"{who}{place}: {' '.join(remark.text.split())}{since}"

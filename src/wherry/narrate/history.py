"""One object between two moments: how it was, how it is, what happened to it; and a change as a sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from wherry.apimachinery.document import Document
from wherry.apimachinery.struct import Struct
from wherry.client.past import PastChange
from wherry.narrate.authors import meta_in
from wherry.narrate.past_templates import CHANGES
from wherry.narrate.sentences import kind_words

Deed = Literal["created", "deleted", "changed", "created and deleted", "pods"]
SOMEBODY = "Somebody"


class Change(Struct):
    """One thing that is different. `who` is "" when nobody knows, `time_s` 0 when nobody knows; `next` as in a Line."""

    kind: str
    namespace: str
    name: str
    deed: Deed
    who: str
    time_s: float
    text: str
    details: tuple[str, ...]
    next: str


class Key(NamedTuple):
    """Which object: kind, namespace and name."""

    kind: str
    namespace: str
    name: str


@dataclass(slots=True)
class History:
    """One object in the time between: how it was, how it is, and every state of it."""

    key: Key
    before: Document | None = None
    after: Document | None = None
    states: list[Document] = field(default_factory=list)
    deletions: int = 0

    @property
    def any(self) -> Document:
        """A state of it, the newest that is known."""
        return self.after or (self.states[-1] if self.states else None) or self.before or {}


def histories_of(kind: str, before: Iterable[Document], happened: Iterable[PastChange]) -> list[History]:
    """The histories of a kind's objects that something has happened to."""
    old = {key_of(kind, document): document for document in before}
    found: dict[Key, History] = {}
    for change in happened:
        if change.type not in ("ADDED", "MODIFIED", "DELETED"):
            continue
        key = key_of(kind, change.document)
        history = found.setdefault(key, History(key, old.get(key), old.get(key)))
        if change.type == "DELETED":
            history.after, history.deletions = None, history.deletions + 1
        else:
            history.after = change.document
        history.states.append(change.document)
    return [*found.values()]


def key_of(kind: str, document: Document) -> Key:
    """Which object a document is."""
    meta = meta_in(document)
    return Key(kind, str(meta.get("namespace", "")), str(meta.get("name", "")))


def change_of(
    history: History, deed: Deed, key: str, *, who: str = "", time_s: float = 0.0, said: Sequence[str] = ()
) -> Change:
    """A change of an object, as the sentence `key` of past_templates."""
    kind, namespace, name = history.key
    template = CHANGES[key]
    what = f"{kind_words(kind)} {name}" + (f" in {namespace}" if namespace else "")
    what = what[:1].upper() + what[1:] if template.text.startswith("{what}") else what
    values = {"who": who or SOMEBODY, "what": what, "details": "; ".join(said), "name": name}
    return Change(
        kind=kind,
        namespace=namespace,
        name=name,
        deed=deed,
        who=who,
        time_s=time_s,
        text=template.text.format_map(values),
        details=tuple(said),
        next=template.next.format_map(values),
    )

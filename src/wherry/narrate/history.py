"""One object between two moments: how it was, how it is, what happened to it; and a change as a sentence. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from wherry.apimachinery.deed import Deed
from wherry.apimachinery.document import Document
from wherry.apimachinery.struct import Struct
from wherry.client.past import PastChange
from wherry.narrate.authors import meta_in
from wherry.narrate.past_templates import CHANGES
from wherry.narrate.sentences import kind_words

Happened = Literal["created", "deleted", "changed", "created and deleted", "pods"]
SOMEBODY = "Somebody"


class Change(Struct):
    """One thing that is different. `who` is "" when nobody knows, `time_s` 0 when nobody knows; `next` as in a Line.

    `tool` is what they did it with, `because` what else led to it; `people` are the users of the cluster who did it.
    """

    kind: str
    namespace: str
    name: str
    deed: Happened
    who: str
    time_s: float
    text: str
    details: tuple[str, ...]
    next: str
    tool: str = ""
    because: str = ""
    people: tuple[str, ...] = ()


class By(NamedTuple):
    """Whose doing a change was: who, " with" what, because of what, and the cluster's users; "" for what is unknown."""

    who: str = ""
    tool: str = ""
    because: str = ""
    people: tuple[str, ...] = ()


class Key(NamedTuple):
    """Which object: kind, namespace and name."""

    kind: str
    namespace: str
    name: str


@dataclass(slots=True)
class History:
    """One object in the time between: how it was, how it is, every state of it, and who did what to it.

    `deleted_revision` is that of its last deletion, 0 for none.
    """

    key: Key
    before: Document | None = None
    after: Document | None = None
    states: list[Document] = field(default_factory=list)
    deletions: int = 0
    deleted_revision: int = 0
    deeds: Sequence[Deed] = ()

    @property
    def any(self) -> Document:
        """A state of it, the newest that is known."""
        return self.after or (self.states[-1] if self.states else None) or self.before or {}


def histories_of(
    kind: str, before: Iterable[Document], happened: Iterable[PastChange], deeds: Iterable[Deed] = ()
) -> list[History]:
    """The histories of a kind's objects that something has happened to. `deeds` are those of this kind."""
    done: defaultdict[Key, list[Deed]] = defaultdict(list)
    for deed in deeds:
        done[Key(kind, deed.namespace, deed.name)].append(deed)
    old = {key_of(kind, document): document for document in before}
    found: dict[Key, History] = {}
    for change in happened:
        if change.type not in ("ADDED", "MODIFIED", "DELETED"):
            continue
        key = key_of(kind, change.document)
        history = found.setdefault(key, History(key, old.get(key), old.get(key), deeds=done.get(key, ())))
        if change.type == "DELETED":
            history.after, history.deletions = None, history.deletions + 1
            history.deleted_revision = change.revision
        else:
            history.after = change.document
        history.states.append(change.document)
    return [*found.values()]


def key_of(kind: str, document: Document) -> Key:
    """Which object a document is."""
    meta = meta_in(document)
    return Key(kind, str(meta.get("namespace", "")), str(meta.get("name", "")))


def name_words(key: Key) -> str:
    """Which object, in words: "deployment web in shop"."""
    return f"{kind_words(key.kind)} {key.name}" + (f" in {key.namespace}" if key.namespace else "")


def change_of(
    history: History,
    happened: Happened,
    key: str,
    *,
    by: By | None = None,
    time_s: float = 0.0,
    said: Sequence[str] = (),
    **more: str,
) -> Change:
    """A change of an object, as the sentence `key` of past_templates; `more` fills its other holes."""
    kind, namespace, name = history.key
    template, what = CHANGES[key], name_words(history.key)
    what = what[:1].upper() + what[1:] if template.text.startswith("{what}") else what
    by = by or By()
    values = {"who": by.who or SOMEBODY, "what": what, "details": "; ".join(said), "name": name}
    values |= {"tool": by.tool, "because": f", {by.because}" if by.because else "", **more}
    return Change(
        kind=kind,
        namespace=namespace,
        name=name,
        deed=happened,
        who=by.who,
        time_s=time_s,
        text=template.text.format_map(values),
        details=tuple(said),
        next=template.next.format_map(values),
        tool=by.tool.strip().removeprefix("with "),
        because=by.because,
        people=tuple(dict.fromkeys(by.people)),
    )

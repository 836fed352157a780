"""Who wrote an object, by its managedFields: the program's name and when. Pure.

A person is known by the program that they used (kubectl, helm, wherry): Kubernetes keeps no user's name on an object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import parse_time

# Those who write what they have been told to by others are no beginning of anything.
MASTERS = frozenset(
    {"kube-controller-manager", "kube-scheduler", "kubelet", "kube-apiserver", "wherry", "deployment-controller"}
)


def author_of(before: Document, states: Sequence[Document]) -> tuple[str, float]:
    """Who wrote last since `before`, and when (seconds since 1970): ("", 0.0) when nobody knows."""
    known = [(_without_time(entry), entry.get("time")) for entry in managed(before)]
    found = [
        entry
        for state in states
        for entry in managed(state)
        if entry.get("subresource") in (None, "", "scale") and (_without_time(entry), entry.get("time")) not in known
    ]
    # What a master has written besides (an annotation of its own) is not what changed the wish.
    people = [entry for entry in found if entry.get("manager") not in MASTERS] or found
    last = max(people, key=lambda entry: str(entry.get("time", "")), default=None)
    return (str(last.get("manager", "")), seconds(last.get("time"))) if last is not None else ("", 0.0)


def creator_of(document: Document) -> str:
    """Who wrote first; "" when nobody knows."""
    entries = [entry for entry in managed(document) if entry.get("subresource") in (None, "")]
    # In the second in which a person makes something, a master may write to it as well.
    first = min(entries, key=lambda one: (str(one.get("time", "")), one.get("manager") in MASTERS), default=None)
    return str(first.get("manager", "")) if first is not None else ""


def managed(document: Document | None) -> list[Document]:
    """The entries of managedFields."""
    entries = meta_in(document).get("managedFields")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def meta_in(document: Document | None) -> Mapping[str, object]:
    """A document's metadata; empty when it has none."""
    metadata = document.get("metadata") if document is not None else None
    return metadata if isinstance(metadata, dict) else {}


def uid_in(document: Document | None) -> str:
    """A document's uid, or ""."""
    return str(meta_in(document).get("uid", ""))


def controller_in(document: Document) -> tuple[str, str] | None:
    """Kind and name of whoever controls the object; None when nobody does."""
    owners = meta_in(document).get("ownerReferences")
    for owner in owners if isinstance(owners, list) else ():
        if isinstance(owner, dict) and owner.get("controller"):
            return str(owner.get("kind")), str(owner.get("name"))
    return None


def seconds(value: object) -> float:
    """A timestamp as seconds since 1970; 0 for none."""
    return parse_time(value) if isinstance(value, str) and value else 0.0


def _without_time(entry: Document) -> Document:
    return {key: value for key, value in entry.items() if key != "time"}

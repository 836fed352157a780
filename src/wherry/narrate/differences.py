"""What is different between two states of one object, in words. Pure.

Only what people write counts: status and bookkeeping (managedFields, resourceVersion, annotations of programs) do not.
Values of Secrets are never shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wherry.apimachinery.document import Document
from wherry.narrate.past_templates import DETAILS

DETAILS_SHOWN = 3
VALUE_CHARACTERS_MAX = 60
BOOKKEEPING = frozenset({"status", "kind", "apiVersion", "metadata"})
# Written by programs for themselves.
PROGRAMS_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "control-plane.alpha.kubernetes.io/",
)
# Set when an object is written, and said in other words where they matter.
SILENT_FIELDS = frozenset({"spec.finalizers", "spec.template.metadata.creationTimestamp", "spec.taints"})
_NAMED_BY = ("name", "containerPort", "port", "type", "key")


class Difference(NamedTuple):
    """One field: where (dotted, list entries by name), before and after; None: not there."""

    field: str
    old: object
    new: object


def differences(old: Document, new: Document) -> list[Difference]:
    """Every field that people write and that is different."""
    before, after = _written(old), _written(new)
    return [one for one in _compare("", before, after) if one.field not in SILENT_FIELDS]


def details(found: Sequence[Difference], *, hides_values: bool = False) -> list[str]:
    """The differences as clauses, the important ones first, and how many more there are."""
    ordered = sorted(found, key=lambda one: (_rank(one.field), one.field))
    said = [_detail(one, hides_values=hides_values) for one in ordered[:DETAILS_SHOWN]]
    if (more := len(ordered) - DETAILS_SHOWN) > 0:
        said.append(DETAILS["more"].text.format(number=more))
    return said


def _written(document: Document) -> Document:
    metadata = document.get("metadata")
    meta = metadata if isinstance(metadata, dict) else {}
    annotations = meta.get("annotations")
    own = {
        key: value
        for key, value in (annotations.items() if isinstance(annotations, dict) else ())
        if not key.startswith(PROGRAMS_ANNOTATIONS)
    }
    kept = {"labels": meta.get("labels") or {}, "annotations": own}
    return {**{key: value for key, value in document.items() if key not in BOOKKEEPING}, **kept}


def _compare(field: str, old: object, new: object) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _compare(f"{field}.{key}" if field else key, old.get(key), new.get(key))
    elif (pair := _by_name(old, new)) is not None:
        before, after = pair
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _compare(f"{field}[{name}]", before.get(name), after.get(name))
    else:
        yield Difference(field, old, new)


def _by_name(old: object, new: object) -> tuple[dict[str, object], dict[str, object]] | None:
    """Two lists of named things as dictionaries; None when they are something else."""
    if not (isinstance(old, list) and isinstance(new, list)) or not (old or new):
        return None
    entries = [*old, *new]
    for name in _NAMED_BY:
        if all(isinstance(entry, dict) and name in entry for entry in entries):
            pair = {str(entry[name]): entry for entry in old}, {str(entry[name]): entry for entry in new}
            return pair if (len(pair[0]), len(pair[1])) == (len(old), len(new)) else None
    return None


def _rank(field: str) -> int:
    if field == "spec.replicas":
        return 0
    return 1 if field.endswith(".image") else 2


def _detail(one: Difference, *, hides_values: bool) -> str:
    field, old, new = _plain_field(one.field), shown(one.old), shown(one.new)
    if one.field == "spec.replicas":
        return DETAILS["copies"].text.format(old=old, new=new)
    if one.field.endswith("].image") and one.old is not None and one.new is not None:
        container = one.field.removesuffix("].image").rpartition("[")[2]
        return DETAILS["image"].text.format(container=container, old=old, new=new)
    if hides_values and one.field.startswith(("data", "stringData")):
        key = "hidden" if one.old is not None and one.new is not None else "added" if one.old is None else "removed"
        return DETAILS[key].text.format(field=field, old="hidden", new="hidden")
    key = "added" if one.old is None else "removed" if one.new is None else "set"
    return DETAILS[key].text.format(field=field, old=old, new=new)


def _plain_field(field: str) -> str:
    return field.replace("spec.template.spec.", "").removeprefix("spec.")


def shown(value: object) -> str:
    """A value as a person reads it, short, on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = _compact(value)
    line = " ".join(text.split())
    return line if len(line) <= VALUE_CHARACTERS_MAX else f"{line[: VALUE_CHARACTERS_MAX - 3]}..."


def _compact(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={_compact(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_compact, value))
    return str(value)

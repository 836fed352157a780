"""What an explanation consists of, and the parts that every kind's is made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from wherry.apimachinery.document import Document
from wherry.narrate.cause_templates import ANSWERS


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer as a sentence, the reasons under it, and what to do next."""

    answer: str
    reasons: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)


def say_answer(key: str, **values: object) -> str:
    """The sentence `key`, its holes filled."""
    return ANSWERS[key].text.format_map(values)


def remedies_of(key: str, **values: object) -> list[str]:
    """What would help when `key` has been said; [] when there is nothing to do."""
    return [ANSWERS[key].next.format_map(values)] if ANSWERS[key].next else []


def name_in(document: Document) -> str:
    """An object's name."""
    metadata = document.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def conditions_in(document: Document) -> list[Document]:
    """An object's conditions, whatever its kind."""
    status = document.get("status")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    return [entry for entry in conditions if isinstance(entry, dict)] if isinstance(conditions, list) else []


def condition_lines(document: Document) -> list[str]:
    """Each condition as a line."""
    lines = []
    for condition in conditions_in(document):
        because = " - ".join(str(condition[key]) for key in ("reason", "message") if condition.get(key))
        lines.append(f"{condition.get('type')} is {condition.get('status')}" + (f": {because}" if because else ""))
    return lines

"""A journey as its file tells it: steps of HTTP calls, with what is expected and what is remembered.

    journey: do-x
    title: Do x
    steps:
      - say: Somebody does x, and the service writes a row
        call: POST /x
        body: {item: "tea ${token}"}
        expect: {status: 201, body: {item: "tea ${token}"}}
        capture: {row: id}
      - say: The row is read back
        call: GET /x/${row}
        expect: {status: 200, body: {id: "${row}"}}

`${token}` is new in every play. Of an answer's body only the fields that are expected are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import msgspec

FOLDER = "journeys"
_CALL = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) (/\S*)")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
BUILT_IN = frozenset(("token",))


class JourneyError(Exception):
    """A journey cannot be used; the message says which and why."""


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the answer must be."""

    status: int = 200
    body: dict[str, object] = {}


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call."""

    say: str
    call: str
    body: object = None
    expect: Expectation = Expectation()
    capture: dict[str, str] = {}

    @property
    def method(self) -> str:
        """GET, POST ..."""
        return self.call.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path, with variables in it."""
        return self.call.partition(" ")[2]

    def filled_path(self, known: Mapping[str, object]) -> str:
        """The path with its variables replaced, each escaped."""
        names = {name: quote(str(value), safe="") for name, value in known.items()}
        return str(filled(f"{self.path} ", names)).rstrip(" ")


class Journey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    journey: str
    title: str
    steps: tuple[Step, ...]


def read_journey(root: Path, name: str) -> Journey:
    """A journey of a repository by its name. Raises JourneyError, with the names there are."""
    folder = root / FOLDER
    path = folder / f"{name}.yaml"
    if "/" in name or not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml"))) or "none"
        raise JourneyError(f'there is no journey "{name}" in {folder} (there are: {known})')
    return parse_journey(path.read_text(encoding="utf-8"), str(path))


def first_journey(root: Path, name: str = "") -> Journey | None:
    """The journey of this name, or the first that a repository has; None when it has none. Raises JourneyError."""
    if name:
        return read_journey(root, name)
    files = sorted((root / FOLDER).glob("*.yaml"))
    return read_journey(root, files[0].stem) if files else None


def parse_journey(text: str, place: str) -> Journey:
    """Read and check a journey. Raises JourneyError."""
    import yaml

    try:
        journey = msgspec.convert(yaml.safe_load(text), Journey)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise JourneyError(f"{place} is no journey: {' '.join(str(error).split())}") from error
    if not journey.steps:
        raise JourneyError(f"{place} has no steps")
    known = set(BUILT_IN)
    for number, step in enumerate(journey.steps, 1):
        if not _CALL.fullmatch(step.call):
            raise JourneyError(f'{place}, step {number}: "{step.call}" is no call, such as: GET /x/1')
        used = _used([step.path, step.body, step.expect.body])
        if unknown := sorted(used - known):
            raise JourneyError(f"{place}, step {number} uses {', '.join(unknown)}, which no step before has captured")
        known |= step.capture.keys()
    return journey


def filled(value: object, known: Mapping[str, object]) -> object:
    """A value with its variables replaced; a text that is nothing but a variable keeps that one's type."""
    if isinstance(value, dict):
        return {key: filled(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, known) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _VARIABLE.fullmatch(value)
    return known[whole[1]] if whole else _VARIABLE.sub(lambda match: str(known[match[1]]), value)


def _used(value: object) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_used(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(_used(inner) for inner in value))
    return set(_VARIABLE.findall(value)) if isinstance(value, str) else set()

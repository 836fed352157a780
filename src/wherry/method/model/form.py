"""Reads model.yaml: everything that is wrong is said at once, each with its line, its place and the way out.

model.yaml, line 9: next.services[0].databse: there is no such field. Do: did you mean database?
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wherry.method.contracts.reading import Place, Text
from wherry.method.model.model import Database, Model, Promise, Service
from wherry.method.project import DNS_LABEL

FILE_NAME = "model.yaml"
SERVICES_MAX = 500
"""A picture of more could not be read by anybody; a plan of more is several plans."""

STATES = ("now", "next")
FIELDS = ("name", *STATES)
SERVICE_FIELDS = ("name", "team", "does", "parts", "database", "provides", "needs", "from", "outside")
DATABASE_FIELDS = ("kind", "version", "name")
PROMISE_FIELDS = ("name", "document")
CONTRACT = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\.v[1-9][0-9]{0,5}")
TEXT_MAX = 500


class BrokenModel(Exception):
    """model.yaml cannot be used. `problems` are whole sentences with their places, `remedy` is what to do first."""

    def __init__(self, source: str, problems: Sequence[tuple[str, str]]) -> None:
        """`problems`: what is wrong, and the way out, in the order of the file."""
        self.problems = tuple(what for what, _ in problems)
        first, self.remedy = problems[0]
        if len(problems) > 1:
            lines = "".join(f"\n  {what}. Do: {remedy}" for what, remedy in problems)
            first, self.remedy = f"{source} has {len(problems)} mistakes:{lines}", "correct these places"
        super().__init__(first)


@dataclass
class Complaints:
    """What is wrong so far, with its place."""

    text: Text
    found: list[tuple[Place, str, str]] = field(default_factory=list)

    def add(self, place: Place, what: str, remedy: str) -> None:
        """One more."""
        self.found.append((place, what, remedy))

    def sentences(self) -> list[tuple[str, str]]:
        """All of them, in the order of the file."""
        in_order = sorted(self.found, key=lambda one: self._line(one[0]))
        return [(self._where(place) + what, remedy) for place, what, remedy in in_order]

    def _line(self, place: Place) -> int:
        lines = self.text.lines
        return next((lines[place[:size]] for size in range(len(place), 0, -1) if place[:size] in lines), 0)

    def _where(self, place: Place) -> str:
        line = self._line(place)
        path = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in place).removeprefix(".")
        return f"{self.text.name}{f', line {line}' if line else ''}: {f'{path}: ' if path else ''}"


def read_form(text: Text, source: str) -> tuple[Model, Complaints]:
    """Read a document's form; what it means is checked elsewhere. `source` is what the file is called."""
    complaints = Complaints(text)
    _known(complaints, (), text.data, FIELDS)
    if "next" not in text.data:
        complaints.add((), "it does not say what shall be", "add next: with its services")
    states = {state: dict(_state(complaints, state, text.data.get(state))) for state in STATES}
    name = _name(complaints, ("name",), text.data.get("name"))
    return Model(states["now"], states["next"], source, name), complaints


def _state(complaints: Complaints, state: str, value: object) -> Iterator[tuple[str, Service]]:
    if value is None:
        return
    if not isinstance(value, dict):
        complaints.add((state,), "it is no mapping", f"write {state}: with services: below it")
        return
    _known(complaints, (state,), value, ("services",))
    place = (state, "services")
    seen: set[str] = set()
    found = _list(complaints, place, value.get("services"))
    if len(found) > SERVICES_MAX:
        complaints.add(place, f"there are more than {SERVICES_MAX} services", "make a model of each part")
        return
    for index, entry in enumerate(found):
        at = (*place, str(index))
        if not isinstance(entry, dict):
            complaints.add(at, "it is no service", "write - name: NAME, and the rest below it")
            continue
        service = _service(complaints, at, entry)
        if service.name in seen:
            complaints.add((*at, "name"), f"{service.name} is there twice", "make them one, or rename one")
        if service.name and service.name not in seen:
            seen.add(service.name)
            yield service.name, service


def _service(complaints: Complaints, at: Place, entry: Mapping[str, object]) -> Service:
    _known(complaints, at, entry, SERVICE_FIELDS)
    if "name" not in entry:
        complaints.add(at, "the service has no name", "add name: NAME")
    outside = entry.get("outside", False)
    if not isinstance(outside, bool):
        complaints.add((*at, "outside"), "it is neither true nor false", "outside: true when no cluster runs it")
    return Service(
        name=_name(complaints, (*at, "name"), entry.get("name", "")),
        team=_name(complaints, (*at, "team"), entry.get("team", "")),
        does=_text(complaints, (*at, "does"), entry.get("does", "")),
        parts=_texts(complaints, (*at, "parts"), entry.get("parts"), _text),
        database=_database(complaints, (*at, "database"), entry.get("database")),
        provides=_promises(complaints, (*at, "provides"), entry.get("provides")),
        needs=_texts(complaints, (*at, "needs"), entry.get("needs"), _contract),
        origin=_name(complaints, (*at, "from"), entry.get("from", "")),
        outside=outside is True,
    )


def _database(complaints: Complaints, at: Place, value: object) -> Database | None:
    if value is None:
        return None
    if value == "none":
        return Database(none=True)
    if not isinstance(value, dict):
        complaints.add(at, "it is no description of a database", 'write {kind: postgresql, version: "18"}, or none')
        return None
    _known(complaints, at, value, DATABASE_FIELDS)
    if not value.get("kind"):
        complaints.add(at, "the database has no kind", "add kind: postgresql, or mysql, mongodb, ...")
    version = value.get("version", "")
    if isinstance(version, float):
        complaints.add(
            (*at, "version"), f"{version} may have been another number", 'put it in quotes: version: "15.10"'
        )
        version = ""
    if isinstance(version, int) and not isinstance(version, bool):
        version = str(version)
    kind = _text(complaints, (*at, "kind"), value.get("kind", "")).lower()
    return Database(
        kind=KIND_NAMES.get(kind, kind),
        version=_text(complaints, (*at, "version"), version),
        name=_name(complaints, (*at, "name"), value.get("name", "")),
    )


KIND_NAMES: Mapping[str, str] = {"postgres": "postgresql", "pg": "postgresql", "mongo": "mongodb", "maria": "mariadb"}
"""Other words for the same kind of database."""


def _promises(complaints: Complaints, at: Place, value: object) -> tuple[Promise, ...]:
    found = []
    for index, entry in enumerate(_list(complaints, at, value)):
        place = (*at, str(index))
        if isinstance(entry, dict):
            _known(complaints, place, entry, PROMISE_FIELDS)
            name = _contract(complaints, (*place, "name"), entry.get("name", ""))
            found.append(Promise(name, _text(complaints, (*place, "document"), entry.get("document", ""))))
        else:
            found.append(Promise(_contract(complaints, place, entry)))
    return tuple(promise for promise in found if promise.name)


def _known(complaints: Complaints, at: Place, value: Mapping[str, object], fields: Sequence[str]) -> None:
    for name in value:
        if name not in fields:
            near = difflib.get_close_matches(name, fields, 1)
            remedy = f"did you mean {near[0]}?" if near else f"take it out; there are: {', '.join(fields)}"
            complaints.add((*at, name), "there is no such field", remedy)


def _list(complaints: Complaints, at: Place, value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        complaints.add(at, "it is no list", f"write {at[-1]}: [...]")
        return []
    return value


Check = Callable[[Complaints, Place, object], str]


def _texts(complaints: Complaints, at: Place, value: object, check: Check) -> tuple[str, ...]:
    found = (check(complaints, (*at, str(index)), entry) for index, entry in enumerate(_list(complaints, at, value)))
    return tuple(dict.fromkeys(entry for entry in found if entry))


def _text(complaints: Complaints, at: Place, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        complaints.add(at, f"{value} is no text", "put it in quotes")
        return ""
    if not " ".join(value.split()).isprintable():
        complaints.add(at, "it has characters that cannot be shown", "write it anew")
        return ""
    if len(value) > TEXT_MAX:
        complaints.add(at, f"it is longer than {TEXT_MAX} characters", "say it shorter")
    return " ".join(value.split())[:TEXT_MAX]


def _name(complaints: Complaints, at: Place, value: object) -> str:
    name = _text(complaints, at, value)
    if name and not DNS_LABEL.fullmatch(name):
        complaints.add(at, f'"{name}" cannot be a name in a cluster', "use lower-case letters, digits and dashes")
        return ""
    return name


def _contract(complaints: Complaints, at: Place, value: object) -> str:
    name = _text(complaints, at, value)
    if not name or CONTRACT.fullmatch(name):
        return name
    complaints.add(
        at, f'"{name}" is no name of a contract', "name the service and the version of its promise: orders.v1"
    )
    return ""

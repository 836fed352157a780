"""Read a contract's file and remember on which line each part stands, so that a complaint can point at it.

JSON and YAML alike become plain data: text, numbers, booleans, None, lists, and mappings whose keys are text. What
YAML would make of its own accord (dates) stays text, and a status code that is written as a number is text as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node, ScalarNode

Place = tuple[str, ...]
"""Where something is in a document: the keys and indices that lead to it."""

# A real contract has a few thousand lines; one of 16 MB is a mistake, and would keep the reader busy for minutes.
FILE_BYTES_MAX = 16 * 1024 * 1024
# An alias may stand for a big part of a document, and aliases of aliases for exponentially more.
PARTS_MAX = 1_000_000


class BrokenDocument(Exception):
    """A contract's file cannot be used: where, what is wrong, and the way out."""

    def __init__(self, message: str, remedy: str) -> None:
        """Both are sentences for people; `message` names the file and the line or the path in it."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Text:
    """A document as it was read: its data, and the line of each part that has one."""

    name: str
    data: Mapping[str, object]
    lines: Mapping[Place, int] = field(default_factory=dict)

    def broken(self, place: Place, what: str, remedy: str) -> BrokenDocument:
        """A complaint about one place."""
        known = next((self.lines[place[:size]] for size in range(len(place), 0, -1) if place[:size] in self.lines), 0)
        line = f", line {known}" if known else ""
        path = ".".join(place)
        return BrokenDocument(f"{self.name}{line}: {f'{path}: ' if path else ''}{what}", remedy)


def read_file(path: Path) -> Text:
    """Read one file. Raises BrokenDocument."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise BrokenDocument(f"{path} is larger than {FILE_BYTES_MAX >> 20} MB", "split the contract")
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BrokenDocument(f"{path} is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except OSError as error:
        raise BrokenDocument(f"{path} cannot be read: {error.strerror}", "look whether it is there") from error
    return read_text(content, str(path))


def read_text(content: str, name: str) -> Text:
    """Read a document's text; `name` is what complaints call it. Raises BrokenDocument."""
    data, lines = _from_json(content, name) if content.lstrip().startswith("{") else _from_yaml(content, name)
    if not isinstance(data, dict):
        raise BrokenDocument(f"{name} is not a mapping at its top", "begin with keys, such as openapi: 3.1.0")
    return Text(name, data, lines)


def _from_json(content: str, name: str) -> tuple[object, dict[Place, int]]:
    try:
        return json.loads(content), {}
    except json.JSONDecodeError as error:
        if name.endswith((".yaml", ".yml")):
            return _from_yaml(content, name)
        raise BrokenDocument(
            f"{name}, line {error.lineno}, column {error.colno}: this is not JSON: {error.msg}",
            "correct it there; an editor that knows JSON shows the place",
        ) from error
    except RecursionError as error:
        raise BrokenDocument(f"{name} is nested too deeply", "flatten it") from error


def _from_yaml(content: str, name: str) -> tuple[object, dict[Place, int]]:
    import yaml

    try:
        root = yaml.compose(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        reader = _Reader(name)
        return reader.value(root, ()), reader.lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BrokenDocument(
            f"{name}{where}: this is not YAML: {error.problem or error.context}",
            "look at the indentation and the quotes just there",
        ) from error
    except yaml.YAMLError as error:
        raise BrokenDocument(f"{name} is not YAML: {error}", "save it as UTF-8 text") from error
    except RecursionError as error:
        raise BrokenDocument(f"{name} is nested too deeply", "flatten it") from error


class _Reader:
    """Makes plain data of YAML's nodes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Place, int] = {}
        self._open: set[int] = set()
        self._parts = 0

    def value(self, node: Node | None, place: Place) -> object:
        """The data of a node, which stands at `place`."""
        from yaml.nodes import MappingNode, ScalarNode, SequenceNode

        if node is None:
            return None
        self._parts += 1
        self.lines.setdefault(place, node.start_mark.line + 1)
        if id(node) in self._open or self._parts > PARTS_MAX:
            raise self._broken(node, "an alias contains itself, or aliases multiply", "write the parts out")
        if isinstance(node, ScalarNode):
            return _scalar(node)
        self._open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self.value(item, (*place, str(index))) for index, item in enumerate(node.value)]
            assert isinstance(node, MappingNode)
            return self._mapping(node, place)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, object]:
        from yaml.nodes import ScalarNode

        made: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise self._broken(key_node, "a key is not text", "write each key as a word")
            key = str(key_node.value)
            if key in made:
                raise self._broken(key_node, f'the key "{key}" stands here twice', "remove one of the two")
            self.lines[(*place, key)] = key_node.start_mark.line + 1
            made[key] = self.value(value_node, (*place, key))
        return made

    def _broken(self, node: Node, what: str, remedy: str) -> BrokenDocument:
        return BrokenDocument(f"{self.name}, line {node.start_mark.line + 1}: {what}", remedy)


def _scalar(node: ScalarNode) -> object:
    text: str = node.value
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            # YAML 1.2, which OpenAPI asks for, has no other booleans: a country code NO stays text.
            return {"true": True, "false": False}.get(text.lower(), text)
        case "int" | "float":
            return _number(text)
        case _:
            return text


def _number(text: str) -> object:
    """A number as JSON knows it; anything else that YAML takes for one (12:30, 0x1F) is text."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text

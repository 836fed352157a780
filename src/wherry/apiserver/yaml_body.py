"""YAML bodies, read as Kubernetes reads them: converted to JSON, and nothing that JSON cannot hold.

Of YAML 1.1 remain its words for truth (yes, no, on, off), its octal numbers and its merge keys; dates and
numbers to the base of 60 stay text. Anchors may be used, but not to blow a small body up.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from wherry.apimachinery.document import Document

if TYPE_CHECKING:
    import yaml

# Upstream allows an alias ratio that shrinks with size; documents of people stay far below this.
NODES_MAX = 100_000
EXPANSION_MAX = 10
# A value begins with one event; lists and maps end with another.
EVENTS_MAX = 2 * NODES_MAX

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_TEXT = f"{_TAG}str"


class YamlError(ValueError):
    """The text is not YAML, or no such YAML as can be JSON."""


def parse_yaml(body: bytes, *, depth_max: int) -> tuple[object, list[str]]:
    """The first document in the body, and a complaint for each key that occurs twice (the last one counts).

    Raises:
        YamlError: with a sentence like Kubernetes'.
    """
    import yaml

    try:
        _refuse_size(body, depth_max)
        loader = _loader_class()(body)
    except YamlError:
        raise
    except (yaml.YAMLError, ValueError) as err:
        raise YamlError(f"yaml: {_sentence(err)}") from err
    try:
        node = loader.get_node() if loader.check_node() else None
        if node is None:
            return None, []
        _refuse_bomb(node)
        duplicates: list[str] = []
        _settle_keys(loader, node, duplicates, set())
        return _json_value(loader.construct_document(node), depth_max), duplicates
    except RecursionError as err:
        raise YamlError("yaml: exceeded max depth") from err
    except (yaml.YAMLError, ValueError, OverflowError) as err:
        if isinstance(err, YamlError):
            raise
        raise YamlError(f"yaml: {_sentence(err)}") from err
    finally:
        loader.dispose()


@lru_cache(maxsize=1)
def _loader_class() -> type[yaml.CSafeLoader]:
    import re

    import yaml

    class Loader(yaml.CSafeLoader):
        """Without dates and numbers to the base of 60."""

    dropped = {f"{_TAG}timestamp", f"{_TAG}int", f"{_TAG}float"}
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in dropped]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }
    whole = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)\Z")
    fraction = re.compile(
        r"(?:[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*(?=[eE]))(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    )
    Loader.add_implicit_resolver(f"{_TAG}int", whole, list("-+0123456789"))
    Loader.add_implicit_resolver(f"{_TAG}float", fraction, list("-+.0123456789"))
    return Loader


def _sentence(err: Exception) -> str:
    problem, mark = getattr(err, "problem", None), getattr(err, "problem_mark", None)
    if problem and mark:
        return f"line {mark.line + 1}: {problem}"
    return str(problem or err)


def _refuse_size(body: bytes, depth_max: int) -> None:
    """Count values and follow the nesting event by event: libyaml's composer recurses, and would crash the process."""
    import yaml

    depth = 0
    for count, event in enumerate(yaml.parse(body, Loader=yaml.CSafeLoader)):
        if count > EVENTS_MAX:
            raise YamlError(f"yaml: document has more than {NODES_MAX} values")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > depth_max:
                raise YamlError("yaml: exceeded max depth")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _refuse_bomb(root: yaml.Node) -> None:
    """Count the nodes with every alias followed; a node that contains itself counts as without end."""
    import yaml

    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in open_nodes:
            raise YamlError("yaml: anchor value contains itself")
        open_nodes.add(id(node))
        total = 1
        if isinstance(node, yaml.MappingNode):
            total += sum(size(key) + size(value) for key, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            total += sum(size(item) for item in node.value)
        open_nodes.remove(id(node))
        sizes[id(node)] = total
        return total

    expanded = size(root)
    if expanded > NODES_MAX or (expanded > 1000 and expanded > EXPANSION_MAX * len(sizes)):
        raise YamlError("yaml: document contains excessive aliasing")


def _settle_keys(loader: yaml.CSafeLoader, node: yaml.Node, duplicates: list[str], seen: set[int]) -> None:
    """Make the keys text, as in JSON, before Python takes `true` for `1`; and tell those that occur twice."""
    import yaml

    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                key.value, key.tag = _key_text(loader, key), _TEXT
                if key.value in keys:
                    duplicates.append(f'line {key.start_mark.line + 1}: key "{key.value}" already set in map')
                keys.add(key.value)
            _settle_keys(loader, value, duplicates, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _settle_keys(loader, item, duplicates, seen)


def _key_text(loader: yaml.CSafeLoader, key: yaml.ScalarNode) -> str:
    match key.tag.removeprefix(_TAG):
        case "bool":
            return "true" if loader.construct_yaml_bool(key) else "false"
        case "int":
            return str(loader.construct_yaml_int(key))
        case "float":
            return str(loader.construct_yaml_float(key))
        case "null":
            return "null"
        case _:
            return str(key.value)


def _json_value(value: object, depth_left: int) -> object:
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if -(2**63) <= value < 2**64 else float(value)
        case float():
            if not math.isfinite(value):
                raise YamlError(f"json: unsupported value: {_go_float(value)}")
            return value
        case dict() | list() if depth_left <= 0:
            raise YamlError("yaml: exceeded max depth")
        case dict():
            return _json_object(value, depth_left - 1)
        case list():
            return [_json_value(item, depth_left - 1) for item in value]
        case bytes():
            return value.decode(errors="replace")
        case _:
            raise YamlError(f"yaml: a {type(value).__name__} cannot be converted to JSON")


def _json_object(value: Mapping[Hashable, object], depth_left: int) -> Document:
    if not all(isinstance(key, str) for key in value):
        raise YamlError("yaml: only plain values can be keys in JSON")
    return {str(key): _json_value(item, depth_left) for key, item in value.items()}


def _go_float(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{'+' if value > 0 else '-'}Inf"

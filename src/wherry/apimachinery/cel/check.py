"""What type each part of an expression has, and what is wrong with it, before there are values.

Source: cel-go, checker/checker.go; the sentences are those of cel-go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wherry.apimachinery.cel.library import functions
from wherry.apimachinery.cel.overload import Overload
from wherry.apimachinery.cel.syntax import (
    Call,
    Comprehension,
    Const,
    Fold,
    Ident,
    MakeList,
    MakeMap,
    Node,
    Parsed,
    Select,
)
from wherry.apimachinery.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    ERROR,
    INT,
    NULL,
    STRING,
    TYPE,
    UINT,
    Type,
    is_variable,
    join,
    list_of,
    map_of,
    optional_of,
    substitute,
    unify,
)
from wherry.apimachinery.cel.values import CelError, Uint, parse_duration, parse_timestamp
from wherry.apimachinery.patterns import PatternError, compile_pattern

TYPE_NAMES = frozenset((
    "bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "optional_type",
    "google.protobuf.Timestamp", "google.protobuf.Duration", "kubernetes.Quantity", "kubernetes.URL", "net.IP",
    "net.CIDR",
))  # fmt: skip

LITERALS: Mapping[str, Callable[[str], object]] = {
    "matches": compile_pattern,
    "find": compile_pattern,
    "findAll": compile_pattern,
    "duration": parse_duration,
    "timestamp": parse_timestamp,
}

# These are evaluated by other rules than functions are.
LAZY = frozenset(("_&&_", "_||_", "_?_:_", "@not_strictly_false", "_==_", "_!=_", "_?._", "_[?_]"))


@dataclass(slots=True)
class Checked:
    """An expression and what is known of it.

    `types` are by node; `calls` are the overloads that a call may turn out to be; `named` are the nodes that
    are a name with dots in it (a type or a function's first part), with that name.
    """

    parsed: Parsed
    types: dict[int, Type] = field(default_factory=dict)
    calls: dict[int, tuple[Overload, ...]] = field(default_factory=dict)
    named: dict[int, str] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    @property
    def result(self) -> Type:
        """The type of the whole."""
        return self.types[id(self.parsed.root)]

    def type_of(self, node: Node) -> Type:
        """The type of a part."""
        return self.types[id(node)]


def check(parsed: Parsed, variables: Mapping[str, Type]) -> Checked:
    """Check an expression in which these names are known."""
    checked = Checked(parsed)
    _Checker(checked, dict(variables)).visit(parsed.root)
    # Some parts are looked at twice.
    checked.errors[:] = dict.fromkeys(checked.errors)
    return checked


class _Checker:
    def __init__(self, checked: Checked, scope: dict[str, Type]) -> None:
        self._checked = checked
        self._scope = scope
        # The arguments of `format` are of any types.
        self._may_mix = False

    def visit(self, node: Node) -> Type:
        """The type of a node, noted."""
        match node:
            case Const():
                found = _constant_type(node.value)
            case Ident():
                found = self._ident(node)
            case Select():
                found = self._select(node)
            case Call():
                found = self._call(node)
            case MakeList():
                found = self._make_list(node)
            case MakeMap():
                found = self._make_map(node)
            case Fold():
                found = self._fold(node)
            case Comprehension():
                found = self._comprehension(node)
            case _:
                found = DYN
        self._checked.types[id(node)] = found
        return found

    def _complain(self, node: Node, what: str) -> Type:
        self._checked.errors.append(self._checked.parsed.complain(node, what))
        return ERROR

    def _ident(self, node: Ident) -> Type:
        if node.name in self._scope:
            self._checked.variables.add(node.name)
            return self._scope[node.name]
        if node.name in TYPE_NAMES:
            self._checked.named[id(node)] = node.name
            return TYPE
        return self._complain(node, f"undeclared reference to '{node.name}' (in container '')")

    def _select(self, node: Select) -> Type:
        name = self._qualified(node)
        if name and name in TYPE_NAMES:
            self._checked.named[id(node)] = name
            return TYPE
        operand = self.visit(node.operand)
        if operand.name == "optional_type":
            return optional_of(self._field(node, operand.element))
        found = self._field(node, operand)
        return BOOL if node.is_test and found is not ERROR else found

    def _field(self, node: Node, operand: Type, name: str = "") -> Type:
        name = name or (node.field if isinstance(node, Select) else "")
        if operand.fields is not None:
            if name in operand.fields:
                return operand.fields[name]
            return self._complain(node, f"undefined field '{name}'")
        if operand.name == "map":
            return operand.element
        if operand in (DYN, ERROR):
            return operand
        return self._complain(node, f"type '{operand}' does not support field selection")

    def _qualified(self, node: Node) -> str:
        """A chain of names as one, if none of them is a variable."""
        if isinstance(node, Ident):
            return "" if node.name in self._scope else node.name
        if isinstance(node, Select) and not node.is_test:
            before = self._qualified(node.operand)
            return f"{before}.{node.field}" if before else ""
        return ""

    def _call(self, node: Call) -> Type:
        if node.function in LAZY:
            return self._lazy(node)
        if node.target is not None:
            owner = self._qualified(node.target)
            overloads = functions().get((f"{owner}.{node.function}", False)) if owner else None
            if overloads:
                self._checked.named[id(node)] = owner
                return self._resolve(
                    node, f"{owner}.{node.function}", overloads, [self.visit(arg) for arg in node.args]
                )
            if node.function in ("or", "orValue"):
                return self._or(node, self.visit(node.target), self.visit(node.args[0]) if node.args else ERROR)
        nodes = (*((node.target,) if node.target is not None else ()), *node.args)
        may_mix, self._may_mix = self._may_mix, node.function == "format"
        types = [self.visit(each) for each in nodes]
        self._may_mix = may_mix
        self._check_literals(node)
        overloads = functions().get((node.function, node.target is not None))
        if not overloads:
            return self._complain(node, f"undeclared reference to '{node.function}' (in container '')")
        return self._resolve(node, node.function, overloads, types)

    def _check_literals(self, node: Call) -> None:
        """What is written down can be tried before there are values."""
        check_text = LITERALS.get(node.function)
        if check_text is None or not node.args:
            return
        literal = node.args[0] if node.target is not None or node.function not in ("matches",) else node.args[-1]
        if isinstance(literal, Const) and isinstance(literal.value, str):
            try:
                check_text(literal.value)
            except (CelError, PatternError):
                self._complain(literal, f"invalid {node.function} argument")

    def _check_alike(self, nodes: Sequence[Node], types: Sequence[Type]) -> None:
        """The parts of a list or a map that is written down are of one type."""
        known = [(node, of) for node, of in zip(nodes, types, strict=True) if of not in (DYN, ERROR, NULL)]
        for node, of in known[1:]:
            if not self._may_mix and not unify(known[0][1], of, {}) and not unify(of, known[0][1], {}):
                self._complain(node, f"expected type '{known[0][1]}' but found '{of}'")
                return

    def _resolve(self, node: Call, name: str, overloads: tuple[Overload, ...], types: list[Type]) -> Type:
        possible: list[Overload] = []
        result: Type | None = None
        for each in overloads:
            bound: dict[str, Type] = {}
            if len(each.params) == len(types) and all(map(unify, each.params, types, [bound] * len(types))):
                possible.append(each)
                found = _sized(substitute(each.result, bound), each, types)
                result = found if result is None or result == found else DYN
        if result is None:
            is_member = bool(overloads[0].is_member)
            shown = ", ".join(str(each) for each in (types[1:] if is_member else types))
            owner = f"{types[0]}." if is_member else ""
            return self._complain(node, f"found no matching overload for '{name}' applied to '{owner}({shown})'")
        self._checked.calls[id(node)] = tuple(possible)
        return result

    def _or(self, node: Call, target: Type, other: Type) -> Type:
        if target.name != "optional_type" and target not in (DYN, ERROR):
            return self._complain(
                node, f"found no matching overload for '{node.function}' applied to '{target}.({other})'"
            )
        if node.function == "or":
            return join(target, other)
        return join(target.element, other) if target.name == "optional_type" else DYN

    def _lazy(self, node: Call) -> Type:
        if node.function == "_?._":
            return self._optional_field(node)
        types = [self.visit(arg) for arg in node.args]
        match node.function:
            case "_&&_" | "_||_" | "@not_strictly_false":
                for each in types:
                    if each not in (BOOL, DYN, ERROR):
                        return self._no_overload(node, types)
                return BOOL
            case "_?_:_":
                if types[0] not in (BOOL, DYN, ERROR) or not unify(types[1], types[2], {}):
                    return self._no_overload(node, types)
                return join(types[1], types[2])
            case "_==_" | "_!=_":
                return (
                    BOOL
                    if unify(types[0], types[1], {}) or unify(types[1], types[0], {})
                    else self._no_overload(node, types)
                )
            case _:
                container = types[0].element if types[0].name == "optional_type" else types[0]
                return optional_of(container.element if container.name in ("list", "map") else DYN)

    def _optional_field(self, node: Call) -> Type:
        operand, name = self.visit(node.args[0]), node.args[1]
        self.visit(name)
        container = operand.element if operand.name == "optional_type" else operand
        found = self._field(node, container, str(name.value) if isinstance(name, Const) else "")
        return found if found.name == "optional_type" else optional_of(found)

    def _no_overload(self, node: Call, types: list[Type]) -> Type:
        shown = ", ".join(map(str, types))
        return self._complain(node, f"found no matching overload for '{node.function}' applied to '({shown})'")

    def _make_list(self, node: MakeList) -> Type:
        types = [self.visit(item) for item in node.items]
        types = [
            each.element if position in node.optional and each.name == "optional_type" else each
            for position, each in enumerate(types)
        ]
        self._check_alike(node.items, types)
        return list_of(_common(types), len(types))

    def _make_map(self, node: MakeMap) -> Type:
        if node.type_name:
            return self._complain(node, f"undeclared reference to '{node.type_name}' (in container '')")
        keys = [self.visit(key) for key, _, _ in node.entries]
        values = [
            found.element if is_optional and found.name == "optional_type" else found
            for _, value, is_optional in node.entries
            for found in [self.visit(value)]
        ]
        self._check_alike([key for key, _, _ in node.entries], keys)
        self._check_alike([value for _, value, _ in node.entries], values)
        return map_of(_common(keys), _common(values), len(keys))

    def _fold(self, node: Fold) -> Type:
        over = self.visit(node.over)
        start = self.visit(node.start)
        if over.name not in ("list", "map") and over not in (DYN, ERROR) and node.variable != "#unused":
            return self._complain(
                node.over,
                f"expression of type '{over}' cannot be range of a comprehension (must be list, map, or dynamic)",
            )
        item = over.params[0] if over.params else DYN
        outer = dict(self._scope)
        self._scope[node.accumulator] = start
        self._scope[node.variable] = item
        self.visit(node.condition)
        step = self.visit(node.step)
        if isinstance(node.start, MakeList) and not node.start.items and step.name == "list":
            # What the list holds is known only from what is added to it; it grows as far as its source does.
            self._scope[node.accumulator] = replace(step, max_size=over.max_size)
            self._checked.types[id(node.start)] = self._scope[node.accumulator]
            self.visit(node.step)
        self._scope.pop(node.variable, None)
        result = self.visit(node.result)
        self._scope = outer
        return result

    def _comprehension(self, node: Comprehension) -> Type:
        over = self.visit(node.over)
        if over.name not in ("list", "map") and over not in (DYN, ERROR):
            return self._complain(
                node.over,
                f"expression of type '{over}' cannot be range of a comprehension (must be list, map, or dynamic)",
            )
        outer = dict(self._scope)
        key = INT if over.name == "list" else over.params[0] if over.params else DYN
        self._scope[node.first] = key
        self._scope[node.second] = over.element
        chosen = self.visit(node.filter) if node.filter is not None else BOOL
        made = self.visit(node.transform) if node.transform is not None else BOOL
        self._scope = outer
        if chosen not in (BOOL, DYN, ERROR) and node.filter is not None:
            return self._complain(node.filter, f"expected type 'bool' but found '{chosen}'")
        match node.kind:
            case "transformList":
                return list_of(made, over.max_size)
            case "transformMap":
                return map_of(key, made, over.max_size)
            case "transformMapEntry":
                return made
            case _:
                return BOOL


def _constant_type(value: object) -> Type:
    match value:
        case bool():
            return BOOL
        case Uint():
            return UINT
        case int():
            return INT
        case float():
            return DOUBLE
        case str():
            return replace(STRING, max_size=len(value))
        case bytes():
            return replace(BYTES, max_size=len(value))
        case _:
            return NULL


def _common(types: list[Type]) -> Type:
    found = types[0] if types else Type("_")
    for each in types[1:]:
        found = join(found, each)
    return DYN if is_variable(found) else found


def _sized(result: Type, chosen: Overload, types: list[Type]) -> Type:
    """A result that may be large, with how large at most, as far as the arguments' sizes are known."""
    if result.name not in ("string", "bytes", "list", "map") or (result.max_size is not None and chosen.name == "_[_]"):
        return result
    if chosen.name == "_[_]":
        return result
    if any(each.max_size is None and each.name in ("string", "bytes", "list", "map", "dyn") for each in types):
        return replace(result, max_size=None)
    return replace(result, max_size=chosen.result_size([each.max_size or 1 for each in types]))

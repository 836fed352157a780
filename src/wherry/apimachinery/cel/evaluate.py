"""A checked expression becomes a function of its variables.

Each node is compiled once to a closure over the closures of its parts; variables live in numbered places of a
Frame. Every step is charged to the frame's budget, as cel-go charges it, and before it is taken, so that neither
time nor memory can run away: what has no budget left ends with CostExceeded.

Source: cel-go, interpreter/{interpretable,runtimecost}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wherry.apimachinery.cel.calls import comparison, direct, dispatched, is_certain, merge
from wherry.apimachinery.cel.check import Checked
from wherry.apimachinery.cel.comprehensions import compile_comprehension
from wherry.apimachinery.cel.control import compile_lazy, optional_field
from wherry.apimachinery.cel.convert import converter_for
from wherry.apimachinery.cel.folds import Collecting, Quantifier, recognise
from wherry.apimachinery.cel.frame import LIST_COST, MAP_COST, Frame, Run, items_of
from wherry.apimachinery.cel.macros import collecting, quantifier
from wherry.apimachinery.cel.syntax import (
    Call,
    Comprehension,
    Const,
    Fold,
    Ident,
    MakeList,
    MakeMap,
    Node,
    Select,
)
from wherry.apimachinery.cel.types import DYN, Type
from wherry.apimachinery.cel.values import (
    NONE,
    CelError,
    Optional,
    TypeValue,
    type_name,
)


def compile_checked(checked: Checked, places: Mapping[str, int]) -> tuple[Run, int]:
    """The function, and how many places its frame needs; `places` are those of the variables."""
    compiler = _Compiler(checked, dict(places))
    run = compiler.compile(checked.parsed.root)
    return run, compiler.count


class _Compiler:
    def __init__(self, checked: Checked, scope: dict[str, int]) -> None:
        self._checked = checked
        self._scope = scope
        self._accumulators: set[str] = set()
        self.count = len(scope)

    def _bind(self, name: str) -> int:
        self._scope[name] = self.count
        self.count += 1
        return self._scope[name]

    def compile(self, node: Node) -> Run:
        """The function of one node."""
        name = self._checked.named.get(id(node))
        match node:
            case Const():
                value = node.value
                return lambda frame: value
            case Ident() | Select() if name is not None:
                return lambda frame: TypeValue(name)
            case Ident():
                return self._ident(node)
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case MakeList():
                return self._make_list(node)
            case MakeMap():
                return self._make_map(node)
            case Fold():
                return self._fold(node)
            case Comprehension():
                return compile_comprehension(node, self._bound, self.compile)
            case _:
                raise AssertionError(node)

    def _bound(self, names: tuple[str, ...], compile_inside: Callable[[], list[Run]]) -> tuple[list[int], list[Run]]:
        """New places for these names, and what is compiled while they are known."""
        outer = dict(self._scope)
        places = [self._bind(name) for name in names]
        runs = compile_inside()
        self._scope = outer
        return places, runs

    def _ident(self, node: Ident) -> Run:
        place = self._scope[node.name]
        if node.name in self._accumulators:
            return _accumulator(place)

        def run(frame: Frame) -> object:
            frame.budget -= 1
            return frame.places[place]

        return run

    def _select(self, node: Select) -> Run:
        operand, owner = self.compile(node.operand), self._checked.type_of(node.operand)
        if owner.name == "optional_type":
            return _optional_select(operand, *_spelled(owner.element, node.field), node.is_test)
        key, convert = _spelled(owner, node.field)
        if node.is_test:
            return _has(operand, key)

        def run(frame: Frame) -> object:
            frame.budget -= 1
            value = operand(frame)
            if type(value) is not dict:
                raise CelError(f"no such overload: type {type_name(value)} has no fields")
            if key not in value:
                raise CelError(f"no such key: {key}")
            return value[key] if convert is None else convert(value[key])

        return run

    def _call(self, node: Call) -> Run:
        if node.function in ("or", "orValue") and id(node) not in self._checked.calls:
            return compile_lazy(node, [self.compile(each) for each in (node.target, *node.args) if each is not None])
        overloads = self._checked.calls.get(id(node))
        if overloads is None:
            return self._operator(node)
        has_target = node.target is not None and id(node) not in self._checked.named
        nodes = (node.target, *node.args) if has_target and node.target is not None else node.args
        args = [self.compile(each) for each in nodes]
        types = [self._checked.type_of(each) for each in nodes]
        if node.function == "_+_" and types[0].list_type in ("set", "map"):
            return merge(args[0], args[1], types[0])
        if len(overloads) == 1 and all(is_certain(each) for each in types):
            return direct(overloads[0], args)
        return dispatched(node.function, overloads, args)

    def _operator(self, node: Call) -> Run:
        args = [self.compile(each) for each in node.args]
        if node.function == "_?._":
            owner = self._checked.type_of(node.args[0])
            owner = owner.element if owner.name == "optional_type" else owner
            name = node.args[1].value if isinstance(node.args[1], Const) else ""
            return optional_field(args[0], *_spelled(owner, str(name)))
        if node.function in ("_==_", "_!=_"):
            types = [self._checked.type_of(each) for each in node.args]
            return comparison(
                args[0], args[1], types[0] if types[0].list_type else types[1], wants_equal=node.function == "_==_"
            )
        return compile_lazy(node, args)

    def _make_list(self, node: MakeList) -> Run:
        items, optional = [self.compile(item) for item in node.items], node.optional

        def run(frame: Frame) -> object:
            frame.charge(LIST_COST)
            made: list[object] = []
            for position, item in enumerate(items):
                value = item(frame)
                if position in optional:
                    assert isinstance(value, Optional)
                    if value.has_value:
                        made.append(value.value)
                else:
                    made.append(value)
            return made

        return run

    def _make_map(self, node: MakeMap) -> Run:
        entries = [(self.compile(key), self.compile(value), optional) for key, value, optional in node.entries]

        def run(frame: Frame) -> object:
            frame.charge(MAP_COST)
            made: dict[object, object] = {}
            for key, value, optional in entries:
                name, found = key(frame), value(frame)
                if isinstance(name, list | dict) or name in made:
                    raise CelError(f"insert failed: key {name} already exists")
                if not optional:
                    made[name] = found
                elif isinstance(found, Optional) and found.has_value:
                    made[name] = found.value
            return made

        return run

    def _fold(self, node: Fold) -> Run:
        over = self.compile(node.over)
        known = recognise(node)
        if known is None:
            return self._general_fold(node, over)
        (place,), runs = self._bound((node.variable,), lambda: self._inside(known))
        if isinstance(known, Quantifier):
            return quantifier(over, place, runs[0], stops_at=known.stops_at)
        return collecting(over, place, runs[0], runs[1] if len(runs) > 1 else None)

    def _inside(self, known: Quantifier | Collecting) -> list[Run]:
        if isinstance(known, Quantifier):
            return [self.compile(known.predicate)]
        return [self.compile(each) for each in (known.item, known.condition) if each is not None]

    def _general_fold(self, node: Fold, over: Run) -> Run:
        start = self.compile(node.start)
        is_accumulator = node.variable != "#unused"
        if is_accumulator:
            self._accumulators.add(node.accumulator)
        (total, place), (condition, step, result) = self._bound(
            (node.accumulator, node.variable),
            lambda: [self.compile(each) for each in (node.condition, node.step, node.result)],
        )
        if is_accumulator:
            self._accumulators.discard(node.accumulator)

        def run(frame: Frame) -> object:
            places = frame.places
            items = items_of(over(frame))
            places[total] = start(frame)
            for item in items:
                frame.charge(1)
                places[place] = item
                if condition(frame) is not True:
                    break
                try:
                    places[total] = step(frame)
                except CelError as error:
                    # Not lost yet: `false && error` is false.
                    places[total] = error
            return result(frame)

        return run


def _accumulator(place: int) -> Run:
    def run(frame: Frame) -> object:
        frame.budget -= 1
        value = frame.places[place]
        if isinstance(value, CelError):
            raise value
        return value

    return run


def _spelled(owner: Type, name: str) -> tuple[str, Callable[[object], object] | None]:
    """What a field is called in JSON, and how its value is converted."""
    if owner.fields is None:
        return name, None
    return owner.spelled.get(name, name), converter_for(owner.fields.get(name, DYN))


def _has(operand: Run, key: str) -> Run:
    def run(frame: Frame) -> object:
        frame.budget -= 1
        value = operand(frame)
        if type(value) is not dict:
            raise CelError(f"no such overload: type {type_name(value)} has no fields")
        return key in value

    return run


def _optional_select(operand: Run, key: str, convert: Callable[[object], object] | None, is_test: bool) -> Run:
    def run(frame: Frame) -> object:
        frame.budget -= 1
        value = operand(frame)
        inner = value.value if isinstance(value, Optional) else value
        has = isinstance(inner, dict) and key in inner
        if is_test:
            return has
        if not has:
            return NONE
        found = inner[key]  # type: ignore[index] # a dict, as `has` says
        return Optional(found if convert is None else convert(found))

    return run

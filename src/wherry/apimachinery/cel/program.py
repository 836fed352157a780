"""Expressions for whoever has rules: compile once, ask for the price, evaluate often.

    environment = Environment({"self": list_of(INT, 100), "oldSelf": list_of(INT, 100)})
    program = environment.compile("self.all(x, x > 0)", BOOL)
    program.cost                                # at most so much
    program.evaluate({"self": [1, 2]}, 1_000)   # (True, what it did cost)

The CEL library is imported with the first expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from wherry.apimachinery.cel.check import Checked, check
from wherry.apimachinery.cel.convert import converter_for
from wherry.apimachinery.cel.cost import estimate_cost
from wherry.apimachinery.cel.evaluate import compile_checked
from wherry.apimachinery.cel.frame import Frame, Run
from wherry.apimachinery.cel.syntax import CelSyntaxError, parse
from wherry.apimachinery.cel.types import BOOL, DYN, Type
from wherry.apimachinery.cel.values import CelError, CostExceeded, Optional

# An expression as long as this is a program; cel-go's parser has the same limit for what it reads.
EXPRESSION_LENGTH_MAX = 100_000


class CompileError(ValueError):
    """The text is no expression that can be used; the message says why, as Kubernetes does."""


class Program:
    """An expression that is known to be right."""

    def __init__(self, checked: Checked, variables: Mapping[str, Type]) -> None:
        """Made by `Environment.compile`."""
        self._checked = checked
        self._variables = variables

    @property
    def text(self) -> str:
        """As it was written."""
        return self._checked.parsed.text

    @property
    def result(self) -> Type:
        """The type of its value."""
        return self._checked.result

    def uses(self, variable: str) -> bool:
        """Whether the value depends on a variable."""
        return variable in self._checked.variables

    @cached_property
    def cost(self) -> int:
        """The most that an evaluation may cost."""
        return estimate_cost(self._checked)

    @cached_property
    def _run(self) -> tuple[Run, int]:
        return compile_checked(self._checked, {name: place for place, name in enumerate(self._variables)})

    def evaluate(self, values: Mapping[str, object], budget: int) -> tuple[object, int]:
        """The value, and what it did cost.

        Args:
            values: the variables as JSON has them; an `Optional` is taken as it is.

        Raises:
            CelError: it cannot be evaluated for these values.
            CostExceeded: it costs more than `budget`.
        """
        run, count = self._run
        places: list[object] = [None] * count
        for place, (name, of) in enumerate(self._variables.items()):
            if name in values:
                places[place] = _converted(values[name], of)
        frame = Frame(places, budget)
        try:
            value = run(frame)
        except RecursionError:
            raise CelError("expression is nested too deep") from None
        if frame.budget < 0:
            raise CostExceeded
        return value, budget - frame.budget


class Environment:
    """The variables that expressions may use, with their types."""

    def __init__(self, variables: Mapping[str, Type]) -> None:
        """Names in the order in which they get their places."""
        self._variables = dict(variables)

    def compile(self, text: str, result: Type = BOOL) -> Program:
        """Compile an expression that must have a type.

        Raises:
            CompileError: it cannot be parsed, does not type-check, or has another type.
        """
        if len(text) > EXPRESSION_LENGTH_MAX:
            raise CompileError(f"compilation failed: the expression has more than {EXPRESSION_LENGTH_MAX} characters")
        try:
            checked = check(parse(text), self._variables)
        except CelSyntaxError as error:
            raise CompileError(f"compilation failed: {error}") from None
        except RecursionError:
            raise CompileError("compilation failed: the expression is nested too deep") from None
        if checked.errors:
            raise CompileError("compilation failed: " + "\n".join(checked.errors))
        if checked.result not in (result, DYN) and result != DYN:
            raise CompileError(f"must evaluate to a {result}")
        return Program(checked, self._variables)


def _converted(value: object, of: Type) -> object:
    if isinstance(value, Optional):
        return Optional(_converted(value.value, of.element)) if value.has_value else value
    convert = converter_for(of)
    return value if convert is None else convert(value)

"""Whether an expression (CEL) in an object of the API can be compiled at all.

The syntax is checked, the names of variables, and what type comes out where that is known. Kubernetes' own functions
(`quantity`, `authorizer.group` ...) are taken on trust here: whoever evaluates the expression declares them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from wherry.apimachinery.field_errors import FieldError, invalid

if TYPE_CHECKING:
    from cel_expr_python import cel

Returns = Literal["bool", "string", "anything"]

# What expressions about requests may speak of, at most.
ADMISSION = frozenset(("object", "oldObject", "request", "namespaceObject", "authorizer", "params", "variables"))
EXPRESSION_BYTES_MAX = 10 * 1024
# Not variables, and still no unknown names: types that are made in expressions, and the library of formats.
_KNOWN = frozenset(("Object", "JSONPatch", "format", "quantity", "optional"))
_UNDECLARED = re.compile(r"ERROR: [^\n]*?undeclared reference to '([^']*)'")
# A function that is called: what is left to the evaluator.
_CALLED = r"{}\s*\("


def validate_expression(path: str, text: str, returns: Returns, *, variables: frozenset[str]) -> list[FieldError]:
    """What is wrong with an expression that may speak of these variables."""
    if len(text.encode()) > EXPRESSION_BYTES_MAX:
        return [invalid(path, text, f"expression is longer than {EXPRESSION_BYTES_MAX} bytes")]
    wrong = _compile_error(text, returns, variables)
    return [invalid(path, text, wrong)] if wrong else []


@lru_cache(maxsize=256)
def _compile_error(text: str, returns: Returns, variables: frozenset[str]) -> str:
    """What the compiler says, or ""."""
    environment = _environment(variables)
    try:
        environment.compile(text, disable_check=True)
    except RuntimeError as error:
        return f"compilation failed: {_plain(error)}"
    try:
        found = environment.compile(text).return_type().name().lower()
    except RuntimeError as error:
        told = _plain(error)
        return f"compilation failed: {told}" if _is_certain(told, text) else ""
    if returns == "anything" or found in ("dyn", returns) or (returns == "string" and found == "null_type"):
        return ""
    return f"must evaluate to {returns}"


@lru_cache(maxsize=8)
def _environment(variables: frozenset[str]) -> cel.Env:
    # Loaded when somebody writes the first expression: most clusters never see one.
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_optional

    declared = dict.fromkeys(sorted(variables), cel.Type.DYN)
    return cel.NewEnv(variables=declared, extensions=[ext_optional.ExtOptional()])


def _plain(error: RuntimeError) -> str:
    return str(error).removeprefix("INVALID_ARGUMENT: ").removesuffix(" [INVALID_ARGUMENT]")


def _is_certain(told: str, text: str) -> bool:
    """Whether the compiler's complaint stands even if Kubernetes' functions exist: a name that nobody calls."""
    undeclared = _UNDECLARED.findall(told)
    if told.count("ERROR: ") > len(undeclared):
        return True
    names = [name for name in undeclared if name.split(".")[0] not in _KNOWN]
    return any(not re.search(_CALLED.format(re.escape(name)), text) for name in names)

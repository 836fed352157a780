"""Whether an expression (CEL) in an object of the API compiles, and to a value of the right type.

What only the evaluation of requests brings (questions to the authorizer, objects and patches that are made in an
expression) is taken on trust here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from wherry.apimachinery.field_errors import FieldError, invalid

Returns = Literal["bool", "string", "anything"]

# What expressions about requests may speak of, at most.
ADMISSION = frozenset(("object", "oldObject", "request", "namespaceObject", "authorizer", "params", "variables"))
EXPRESSION_BYTES_MAX = 10 * 1024
# Besides what is only known when it is evaluated. An annotation may also be null: then there is none.
RESULTS: dict[Returns, tuple[str, ...]] = {"bool": ("bool", "dyn"), "string": ("string", "null_type", "dyn")}
# Functions of the authorizer, and types that are made in expressions: whoever evaluates them declares them.
BROUGHT_LATER = frozenset((
    "allowed", "check", "errored", "error", "fieldSelector", "group", "labelSelector", "name", "namespace", "path",
    "reason", "resource", "serviceAccount", "subresource", "JSONPatch", "Object", "escapeKey", "jsonpatch",
))  # fmt: skip
_COMPLAINT = "ERROR: "
_UNDECLARED = re.compile(rf"{_COMPLAINT}[^\n]*?undeclared reference to '([^'.]*)")


def validate_expression(path: str, text: str, returns: Returns, *, variables: frozenset[str]) -> list[FieldError]:
    """What is wrong with an expression that may speak of these variables."""
    if len(text.encode()) > EXPRESSION_BYTES_MAX:
        return [invalid(path, text, f"expression is longer than {EXPRESSION_BYTES_MAX} bytes")]
    wrong = _compile_error(text, returns, variables)
    return [invalid(path, text, wrong)] if wrong else []


@lru_cache(maxsize=256)
def _compile_error(text: str, returns: Returns, variables: frozenset[str]) -> str:
    """What the compiler says, or ""."""
    # Loaded when somebody writes the first expression: most clusters never see one.
    from wherry.apimachinery.cel.program import CompileError, Environment
    from wherry.apimachinery.cel.types import DYN

    environment = Environment(dict.fromkeys(sorted(variables), DYN))
    try:
        result = environment.compile(text, DYN).result
    except CompileError as error:
        told = str(error)
        undeclared = _UNDECLARED.findall(told)
        is_only_early = "authorizer" in variables and len(undeclared) == told.count(_COMPLAINT) > 0
        return "" if is_only_early and BROUGHT_LATER.issuperset(undeclared) else told
    return f"must evaluate to {returns}" if result.name not in RESULTS.get(returns, (result.name,)) else ""

"""Questions about Python code, answered from its syntax tree: which calls, which imports, which literals."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from wherry.method.facts.facts import Module
from wherry.method.inside.imports import aliases, asks_which_system, dotted, full_name

# What a `try` must catch for an import or a program in it to be optional.
FORGIVING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "FileNotFoundError", "OSError"})


@dataclass(frozen=True, slots=True)
class Call:
    """A call with its function's full name, as far as imports tell: "logging.FileHandler"."""

    module: Module
    node: ast.Call
    name: str
    optional: bool
    at_import: bool

    @property
    def where(self) -> str:
        """File and line."""
        return self.module.at(self.node)

    @property
    def last(self) -> str:
        """The name's last part."""
        return self.name.rpartition(".")[2]

    def literal(self, position: int, keyword: str = "") -> object:
        """An argument's value when it is written out; None when it is not there or computed."""
        return literal(self.argument(position, keyword))

    def argument(self, position: int, keyword: str = "") -> ast.expr | None:
        """An argument's expression."""
        for entry in self.node.keywords:
            if keyword and entry.arg == keyword:
                return entry.value
        return self.node.args[position] if 0 <= position < len(self.node.args) else None


@dataclass(frozen=True, slots=True)
class Import:
    """A top-level name that code imports."""

    name: str
    where: str
    optional: bool
    relative: bool = False


def literal(node: ast.expr | None) -> object:
    """The value of an expression that is written out; None for anything computed."""
    if node is None:
        return None
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
    return value


def walk(
    node: ast.AST, known: dict[str, str], *, optional: bool = False, inside: bool = False
) -> Iterator[tuple[ast.AST, bool, bool]]:
    """Every node, with whether the code goes on without it, and whether it is inside a function.

    Args:
        node: where to begin.
        known: what the module's names stand for.
        optional: whether a failure is caught around it, or it is for some systems only.
        inside: whether it is inside a function.
    """
    yield node, optional, inside
    deeper = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child, may_fail in _children(node, known):
        yield from walk(child, known, optional=optional or may_fail, inside=deeper)


def _children(node: ast.AST, known: dict[str, str]) -> Iterator[tuple[ast.AST, bool]]:
    """The parts of a node, each with whether the code goes on without it."""
    if isinstance(node, ast.Try):
        # The way out of a failed import may import something else that need not be there either.
        forgiven = any(map(_forgives, node.handlers))
        yield from ((child, forgiven) for child in ast.iter_child_nodes(node))
    elif isinstance(node, ast.If):
        elsewhere = asks_which_system(node.test, known)
        checked_only = dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING"
        yield node.test, False
        yield from ((child, elsewhere or checked_only) for child in node.body)
        yield from ((child, elsewhere) for child in node.orelse)
    else:
        yield from ((child, False) for child in ast.iter_child_nodes(node))


def _forgives(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(dotted(kind).rpartition(".")[2] in FORGIVING for kind in kinds)


def calls(module: Module) -> list[Call]:
    """Every call in a module."""
    known = aliases(module.tree)
    found = []
    for node, optional, inside in walk(module.tree, known):
        if isinstance(node, ast.Call) and (name := full_name(node.func, known)):
            found.append(Call(module, node, name, optional, not inside))
    return found


def imports(module: Module) -> list[Import]:
    """Every import of a module, by its top-level name."""
    found = []
    for node, optional, _ in walk(module.tree, aliases(module.tree)):
        if isinstance(node, ast.Import):
            found += [Import(entry.name.split(".")[0], module.at(node), optional) for entry in node.names]
        elif isinstance(node, ast.ImportFrom):
            name = (node.module or "").split(".")[0]
            found.append(Import(name, module.at(node), optional, relative=node.level > 0))
    return found


def texts(module: Module) -> Iterator[tuple[str, ast.Constant]]:
    """Every string in the code that is no docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = set()
    for node in ast.walk(module.tree):
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr):
            docs.add(id(node.body[0].value))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value, node

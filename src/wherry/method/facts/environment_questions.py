"""Where code asks in which environment it runs: if settings.env == "prod".

Many things have a stage or a profile, and may be live: those words count only where a setting says so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from wherry.method.facts.code import literal
from wherry.method.facts.facts import Module
from wherry.method.inside.imports import aliases, full_name

ENVIRONMENTS = frozenset({"prod", "production", "live", "staging", "stage", "dev", "development", "qa", "uat"})
# What a variable is called that has the name of the environment, whatever it belongs to.
ENVIRONMENT = re.compile(r"(^|_)(env|environ|environment)(_|$)", re.IGNORECASE)
# The same for what belongs to the settings.
MAYBE = re.compile(r"(^|_)(stage|profile|deployment|tier)(_|$)", re.IGNORECASE)
SETTINGS = re.compile(r"(^|_)(settings?|config|conf|cfg|options)(_|$)", re.IGNORECASE)
READERS = frozenset({"environ", "environb", "getenv"})
# What leads from a value to its text, or to a part of that: Environment.PROD.value, env.lower().
SAME_VALUE = frozenset({"value", "name"})
SAME_TEXT = frozenset({
    "lower", "upper", "casefold", "title", "capitalize", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix",
})  # fmt: skip


def environment_questions(module: Module) -> Iterator[tuple[str, ast.Compare]]:
    """Each comparison with the name of an environment, with that name."""
    known = aliases(module.tree)
    given = _given_by_the_environment(module.tree)
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Compare) or len(node.comparators) != 1:
            continue
        sides = (node.left, node.comparators[0])
        for one, other in (sides, sides[::-1]):
            names = _environments(one)
            if names and _tells_the_environment(other, known, given):
                yield names[0], node
                break


def _environments(node: ast.expr) -> list[str]:
    value = literal(node)
    values = value if isinstance(value, tuple | list | set) else [value]
    return [entry for entry in values if isinstance(entry, str) and entry.lower() in ENVIRONMENTS]


def _given_by_the_environment(tree: ast.AST) -> frozenset[str]:
    """The names to which a value of the environment variables is given: stage = os.environ["STAGE"]."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            targets = [node.target]
        else:
            continue
        if node.value is not None and _reads_the_environment(node.value):
            found |= {full_name(target, {}) for target in targets}
    return frozenset(found - {""})


def _reads_the_environment(node: ast.expr) -> bool:
    return any(isinstance(one, ast.expr) and READERS & set(full_name(one, {}).split(".")) for one in ast.walk(node))


def _tells_the_environment(node: ast.expr, known: dict[str, str], given: frozenset[str]) -> bool:
    """Whether the value of an expression is the name of the environment."""
    if _reads_the_environment(node):
        return True
    if isinstance(node, ast.BoolOp):
        return any(_tells_the_environment(value, known, given) for value in node.values)
    if _names_the_environment(_path(node, known), given):
        return True
    inner = _inner(node)
    return inner is not None and _tells_the_environment(inner, known, given)


def _names_the_environment(path: list[str], given: frozenset[str]) -> bool:
    if not path:
        return False
    is_setting = ".".join(path) in given or any(map(SETTINGS.search, path[:-1]))
    return bool(ENVIRONMENT.search(path[-1]) or (is_setting and MAYBE.search(path[-1])))


def _inner(node: ast.expr) -> ast.expr | None:
    """The expression whose text this one is, or a part of it: env.lower(), env.value, str(env), env[:4]."""
    match node:
        case ast.Attribute(value=value, attr=attr) if attr in SAME_VALUE:
            return value
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in SAME_TEXT:
            return value
        case ast.Call(func=ast.Name(id="str"), args=[value, *_]):
            return value
        case ast.Subscript(value=value, slice=ast.Slice()) | ast.NamedExpr(value=value):
            return value
        case _:
            return None


def _path(node: ast.expr, known: dict[str, str]) -> list[str]:
    """The names that lead to a value: settings.stage, settings["stage"], settings.get("stage") are the same."""
    if isinstance(node, ast.NamedExpr):
        return _path(node.target, known)
    if isinstance(node, ast.Subscript) and isinstance(key := literal(node.slice), str):
        return [*_path(node.value, known), key]
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1:
            key = literal(node.args[1])
            return [*_path(node.args[0], known), key] if isinstance(key, str) else []
        key = literal(node.args[0]) if node.args else None
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and isinstance(key, str):
            return [*_path(node.func.value, known), key]
        return _path(node.func, known)
    name = full_name(node, known)
    return name.split(".") if name else []

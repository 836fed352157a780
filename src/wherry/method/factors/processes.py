"""VI. Processes: a copy of the service keeps nothing that another copy would need."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from wherry.apimachinery.document import Document
from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, note, supports
from wherry.method.facts.facts import EnvironmentFacts, Facts, Module
from wherry.method.facts.manifests import app_workloads, items, listed, name_of, section
from wherry.method.inside.imports import dotted

CRITERION = Criterion(
    "processes",
    "VI",
    "Processes",
    "Any copy can answer any request, and a copy that dies takes nothing with it.",
    "Execute the app as one or more stateless processes",
)
CHANGES = frozenset({"append", "add", "update", "setdefault", "insert", "extend", "pop", "clear"})
MAKES_CONTAINER = frozenset({"dict", "list", "set", "defaultdict", "OrderedDict", "deque", "count", "Counter"})
HARMLESS = re.compile(r"cache|memo|pool|registry|routes|handlers|metrics|limit", re.I)


def check(facts: Facts) -> list[Observation]:
    """Does a copy remember something that the others do not know?"""
    found = [entry for environment in facts.rendered for entry in _check_manifests(environment)]
    found += [entry for module in facts.modules for entry in _check_module(module)]
    if not any(entry.weight.value in ("against", "doubt") for entry in found):
        found.insert(0, supports("No sticky sessions, no volume of a single copy, no state in the program's memory."))
    return found


def _check_manifests(environment: EnvironmentFacts) -> Iterator[Observation]:
    for document in environment.manifests:
        if document.get("kind") == "Service" and section(document, "spec").get("sessionAffinity") == "ClientIP":
            yield against(
                f"{name_of(document)} sends each client always to the same copy ({environment.name}): the copies are"
                " not alike.",
                environment.overlay,
                fix="keep the session in the database, and take sessionAffinity out",
                repeat=f"grep -rn sessionAffinity {environment.overlay.split('/')[0]}",
            )
    claims = {
        str(section(document, "metadata").get("name")): document
        for document in environment.manifests
        if document.get("kind") == "PersistentVolumeClaim"
    }
    for document, spec in app_workloads(environment):
        for volume in items(spec, "volumes"):
            claim = claims.get(str(section(volume, "persistentVolumeClaim").get("claimName")), {})
            if _is_single(claim):
                yield against(
                    f"{name_of(document)} keeps data in a volume that only one node can use ({environment.name}):"
                    " another copy cannot see it.",
                    environment.overlay,
                    fix="keep the data in the database, or in an object store that is attached by a setting",
                    repeat=f"grep -rn claimName {environment.overlay.split('/')[0]}",
                )


def _is_single(claim: Document) -> bool:
    modes = listed(section(claim, "spec"), "accessModes")
    return bool(modes) and set(map(str, modes)) <= {"ReadWriteOnce", "ReadWriteOncePod"}


def _check_module(module: Module) -> Iterator[Observation]:
    kept = _containers(module)
    seen: set[str] = set()
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for name, node in _changed(function):
            if name not in kept or name in seen:
                continue
            seen.add(name)
            if HARMLESS.search(name):
                yield note(
                    f"{name} is kept in the memory of one copy; by its name nothing depends on it.", module.at(node)
                )
            else:
                yield doubt(
                    f"{name} changes in the memory of one copy: the others do not know, and it dies with this one.",
                    module.at(node),
                    fix="keep it in the database",
                )


def _containers(module: Module) -> set[str]:
    """Names at the top of a module that hold something changeable, or that a function changes by `global`."""
    found = {name for node in ast.walk(module.tree) if isinstance(node, ast.Global) for name in node.names}
    for node in module.tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        is_container = isinstance(value, ast.Dict | ast.List | ast.Set) or (
            isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] in MAKES_CONTAINER
        )
        if is_container:
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def _changed(function: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    local = {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    } - {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            yield from ((name, node) for name in node.names)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            if isinstance(node.value, ast.Name) and node.value.id not in local:
                yield node.value.id, node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            holder = node.func.value
            yield from [(holder.id, node)] if isinstance(holder, ast.Name) and holder.id not in local else []


PROCESSES = Factor(CRITERION, check)

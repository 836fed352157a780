"""Says what the service's code would import or start, and what of it is not here.

It prints JSON: the modules that were imported, those that cannot be (with why), imports inside of functions that lead
nowhere, programs that the code starts and that are missing, and the usual programs that an image need not have.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import shutil
import sys

TOOLS = ("sh", "bash", "busybox", "curl", "wget", "gcc", "cc", "make", "apt-get", "pip")
STARTERS = frozenset(("run", "call", "check_call", "check_output", "Popen", "which", "create_subprocess_exec"))
DEPENDENCIES = frozenset(("/opt/deps",))


def code_folders() -> list[str]:
    """Where the service's own code may be."""
    places = [*os.environ.get("PYTHONPATH", "").split(":"), os.getcwd()]
    return [place for place in dict.fromkeys(places) if place and place not in DEPENDENCIES]


def is_package(folder: str) -> bool:
    """Whether Python code can be imported from a folder."""
    return os.path.basename(folder).isidentifier() and os.path.exists(os.path.join(folder, "__init__.py"))


def own_files(top: str) -> dict[str, str]:
    """The modules below a folder, by name, with their files."""
    found = {}
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if is_package(os.path.join(folder, name))]
        for file in files:
            path = os.path.join(folder, file)
            parts = os.path.relpath(path, top)[:-3].split(os.sep)
            if file.endswith(".py") and (len(parts) > 1 or folder == top):
                found[".".join(part for part in parts if part != "__init__")] = path
    return {name: path for name, path in found.items() if name}


def try_imports(names: list[str]) -> tuple[list[str], list[list[str]]]:
    """Import each; what runs by being imported (__main__) is left out."""
    fine, missing = [], []
    for name in names:
        if name.rpartition(".")[2] == "__main__":
            continue
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append([name, str(error)])
        except BaseException:  # noqa: BLE001, S112 - it is there; what it does is its own business
            continue
        else:
            fine.append(name)
    return fine, missing


def is_guarded(node: ast.AST) -> bool:
    """Whether what is in this node is only tried, or only for type checkers."""
    if isinstance(node, ast.Try):
        return bool(node.handlers)
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def wanted(tree: ast.AST) -> tuple[set[str], set[str]]:
    """The top-level names that a file imports for sure, and the programs that it starts by name."""
    modules: set[str] = set()
    programs: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if is_guarded(node):
            continue
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call) and (name := program_of(node)):
            programs.add(name)
        waiting.extend(ast.iter_child_nodes(node))
    return modules, programs


def program_of(call: ast.Call) -> str:
    """The program that a call starts, when its name is written out."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name not in STARTERS or not call.args:
        return ""
    first = call.args[0]
    if isinstance(first, (ast.List, ast.Tuple)) and first.elts:
        first = first.elts[0]
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return text if text and " " not in text else ""


def is_missing(module: str) -> bool:
    """Whether nothing of this name can be found."""
    try:
        return importlib.util.find_spec(module) is None
    except (ImportError, ValueError):
        return False


def main() -> None:
    """Look, and print what was found."""
    files: dict[str, str] = {}
    for top in code_folders():
        files.update(own_files(top))
    fine, missing = try_imports(sorted(files))
    later, programs = [], []
    for name, path in sorted(files.items()):
        try:
            with open(path, "rb") as file:
                modules, started = wanted(ast.parse(file.read()))
        except (OSError, SyntaxError, ValueError):
            continue
        later += [[name, module] for module in sorted(modules) if is_missing(module)]
        programs += [[name, program] for program in sorted(started) if shutil.which(program) is None]
    tools = [tool for tool in TOOLS if shutil.which(tool)]
    print(json.dumps({"fine": fine, "missing": missing, "later": later, "programs": programs, "tools": tools}))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # it is a text stream here
    main()

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
import re
import shutil
import sys

TOOLS = ("sh", "bash", "busybox", "curl", "wget", "gcc", "cc", "make", "apt-get", "pip")
STARTERS = frozenset({
    "subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
    "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "os.system", "os.popen", "os.execvp",
})  # fmt: skip
# What a shell does by itself.
SHELL = frozenset({
    ".", ":", "[", "!", "{", "alias", "bg", "break", "case", "cd", "command", "continue", "echo", "eval", "exec",
    "exit", "export", "false", "fg", "for", "getopts", "hash", "if", "jobs", "kill", "local", "printf", "pwd", "read",
    "readonly", "return", "set", "shift", "source", "test", "times", "trap", "true", "type", "ulimit", "umask",
    "unalias", "unset", "until", "wait", "while",
})  # fmt: skip
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
# Not what a shell fills in first: $HOME/bin/tool.
PROGRAM = re.compile(r"[\w./+-]+")
# What tells one system, or one Python, from another.
SYSTEM = frozenset({
    "sys.platform", "sys.version_info", "sys.implementation.name", "os.name", "os.uname", "platform.system",
    "platform.machine", "platform.python_implementation", "platform.python_version_tuple",
})  # fmt: skip
# Parts of Python that it has on Windows alone: a file that imports one is for there.
WINDOWS = frozenset(("_winapi", "msvcrt", "nt", "winreg", "winsound"))
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
            if error.name not in WINDOWS:
                missing.append([name, str(error)])
        except BaseException:  # noqa: BLE001, S112 - it is there; what it does is its own business
            continue
        else:
            fine.append(name)
    return fine, missing


def dotted(node: ast.expr) -> str:
    """The name that an expression made of names spells: a.b.c; "" for others."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return f"?.{node.attr}" if isinstance(node, ast.Attribute) else ""


def aliases(tree: ast.AST) -> dict[str, str]:
    """What the names of a file stand for: {"FileHandler": "logging.FileHandler"}."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update({entry.asname: entry.name for entry in node.names if entry.asname})
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({entry.asname or entry.name: f"{node.module}.{entry.name}" for entry in node.names})
    return found


def full_name(node: ast.expr, known: dict[str, str]) -> str:
    """What an expression names, as far as the imports of its file tell; "" when it is no name."""
    head, dot, rest = dotted(node).partition(".")
    return f"{known.get(head, head)}{dot}{rest}"


def asks_which_system(test: ast.expr, known: dict[str, str]) -> bool:
    """Whether a condition is about the system or the Python: what stands under it may be for another one."""
    return any(isinstance(node, ast.expr) and full_name(node, known) in SYSTEM for node in ast.walk(test))


def is_guarded(node: ast.AST, known: dict[str, str]) -> bool:
    """Whether what is in this node is only tried, only for type checkers, or for some systems."""
    if isinstance(node, ast.Try):
        return bool(node.handlers)
    return isinstance(node, ast.If) and ("TYPE_CHECKING" in ast.dump(node.test) or asks_which_system(node.test, known))


def wanted(tree: ast.AST) -> tuple[set[str], set[str]]:
    """The top-level names that a file imports for sure, and the programs that it starts without looking for them."""
    known = aliases(tree)
    modules: set[str] = set()
    programs: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if is_guarded(node, known):
            continue
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call):
            programs.add(started_program(full_name(node.func, known), node))
        waiting.extend(ast.iter_child_nodes(node))
    return modules, programs - looked_for(tree, known) - {""}


def started_program(function: str, call: ast.Call) -> str:
    """The program that a call of this function starts, when its name is written out; "" otherwise."""
    if function not in STARTERS:
        return ""
    first = call.args[0] if call.args else next((entry.value for entry in call.keywords if entry.arg == "args"), None)
    if isinstance(first, (ast.List, ast.Tuple)):
        return text_of(first.elts[0]) if first.elts else ""
    return program_of(text_of(first))


def program_of(command: str) -> str:
    """The program that a line for a shell starts first: psql in "PGPASSWORD=x psql"; "" for what is none."""
    words = (word.rstrip(";&|") for word in command.split() if not ASSIGNMENT.match(word))
    first = next(words, "")
    return first if PROGRAM.fullmatch(first) and first not in SHELL else ""


def text_of(node: ast.expr | None) -> str:
    """A text that is written out; "" for all else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def looked_for(tree: ast.AST, known: dict[str, str]) -> set[str]:
    """The programs that a file asks for before it starts them: shutil.which("git")."""
    return {
        text_of(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args and full_name(node.func, known) == "shutil.which"
    }


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
        later += [[name, module] for module in sorted(modules - WINDOWS) if is_missing(module)]
        programs += [[name, program] for program in sorted(started) if shutil.which(program) is None]
    tools = [tool for tool in TOOLS if shutil.which(tool)]
    print(json.dumps({"fine": fine, "missing": missing, "later": later, "programs": programs, "tools": tools}))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # it is a text stream here
    main()

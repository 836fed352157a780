"""The code about the code: rules that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "wherry"
FILES = sorted(SOURCE.rglob("*.py"))
BANNED_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "base", "manager"}
ALLOWED = {SOURCE / "reconcile" / "manager.py"}
LINES_MAX = 600


def test_no_file_grows_past_600_lines() -> None:
    assert [path for path in FILES if len(path.read_text().splitlines()) > LINES_MAX] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = [path for path in FILES if {path.stem, path.parent.name} & BANNED_NAMES and path not in ALLOWED]
    assert names == []


def test_no_kind_is_asked_for_by_name_in_the_generic_code() -> None:
    kinds = r"(Pod|Node|Service|Deployment|ReplicaSet|StatefulSet|Job|Namespace|Secret|ConfigMap)"
    asks = re.compile(rf"(\.kind|\bkind)\s*[!=]=\s*[\"']{kinds}[\"']|(\.plural|\bplural)\s*[!=]=\s*[\"']")
    generic = [path for path in FILES if "handlers" in path.parts or path.name == "generic_store.py"]
    assert [path for path in generic if asks.search(path.read_text())] == []


def test_every_package_says_in_a_line_what_it_is_for() -> None:
    silent = [path for path in SOURCE.rglob("__init__.py") if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_every_todo_names_its_issue() -> None:
    todo = re.compile(r"#.*\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")
    assert [path for path in FILES if todo.search(path.read_text())] == []


@pytest.mark.parametrize(
    "module", ["cryptography", "yaml", "jwt", "dnslib", "websockets", "apsw", "re2", "cel_expr_python"]
)
def test_the_command_line_does_not_import_what_it_does_not_need(module: str) -> None:
    code = f"import sys, wherry.cli.main; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_command_is_registered_and_every_registered_command_exists() -> None:
    from wherry.cli.commands.registry import COMMANDS

    files = {path.stem for path in (SOURCE / "cli" / "commands").glob("*.py")} - {"__init__", "registry"}
    assert files == {entry.module.rpartition(".")[2] for entry in COMMANDS.values()}


def test_every_kind_in_the_tree_is_registered() -> None:
    from wherry.api.registry import RESOURCE_TYPES

    declared = re.compile(r"^[A-Z_]+(?:: [^=]+)? = resource_type\(", re.MULTILINE)
    # The method's kinds are custom resources: clusters learn them from their definitions.
    files = [path for path in (SOURCE / "api").rglob("*.py") if "method" not in path.parts]
    count = sum(len(declared.findall(path.read_text())) for path in files)
    assert count == len(RESOURCE_TYPES)

"""One concept, one file, one registry line: and a test that knows the file."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "wherry"
TESTS = [path for path in sorted((ROOT / "tests").rglob("*.py")) if path != Path(__file__)]
# What stands in every such package beside the entries.
FRAME = {"__init__", "interface", "registry"}


@dataclass(frozen=True)
class Registry:
    """A package of entries; `shared` are its files that several entries use."""

    package: str
    shared: frozenset[str] = frozenset()

    @property
    def directory(self) -> Path:
        return SOURCE.joinpath(*self.package.split("."))

    def files(self) -> set[str]:
        """Modules and packages in it that should be entries."""
        modules = {path.stem for path in self.directory.glob("*.py")}
        packages = {path.parent.name for path in self.directory.glob("*/__init__.py")}
        return (modules | packages) - FRAME - self.shared

    def entries(self) -> list[str]:
        """The module of every line in the registry, once per line."""
        tree = ast.parse((self.directory / "registry.py").read_text())
        prefix = f"wherry.{self.package}."
        homes: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith(prefix):
                home = node.module.removeprefix(prefix).split(".")[0]
                homes |= {name.name: home for name in node.names if home not in FRAME}
        lines = [item for node in ast.walk(tree) if isinstance(node, ast.Tuple | ast.Dict) for item in _items(node)]
        named = [line.func if isinstance(line, ast.Call) else line for line in lines]
        found = [homes[one.id] for one in named if isinstance(one, ast.Name) and one.id in homes]
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        return found + [
            text.removeprefix(prefix) for text in texts if isinstance(text, str) and text.startswith(prefix)
        ]


def _items(node: ast.Tuple | ast.Dict) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else node.values


REGISTRIES = [
    Registry("controllers", frozenset({"csr_signers", "pod_template", "revisions"})),
    Registry("scheduler.plugins"),
    Registry("apiserver.admission", frozenset({"chain", "namespace_objects", "quota_charges"})),
    Registry("apiserver.subresources", frozenset({"html_links", "node_streams", "proxying"})),
    Registry("agent.probes", frozenset({"http_client", "worker"})),
    Registry(
        "agent.volumes",
        frozenset({"atomic_writer", "keys", "mounting", "ownership", "pod_volumes", "sub_path", "tokens"}),
    ),
    Registry("cli.commands"),
    Registry("dashboard.views", frozenset({"view"})),
    Registry("method.factors"),
    Registry("method.services"),
    Registry(
        "method.experiments",
        frozenset(
            {
                "connections",
                "experiment",
                "fenced_in",
                "killing",
                "neighbours",
                "peers",
                "rollback",
                "same_answers",
                "second_database",
                "start_times",
                "stopping",
                "survey",
                "throughput",
            }
        ),
    ),
]
# One subresource has two doors: POST .../pods/x/binding and POST .../bindings. Two others are parts of a pod.
TWICE = {"binding", "part"}


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.package)
def test_every_file_is_in_the_registry_and_every_line_has_its_file(registry: Registry) -> None:
    assert set(registry.entries()) == registry.files()


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.package)
def test_no_file_holds_two_entries(registry: Registry) -> None:
    entries = registry.entries()
    assert [name for name in set(entries) - TWICE if entries.count(name) > 1] == []


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.package)
def test_shared_files_exist(registry: Registry) -> None:
    assert [name for name in registry.shared if not (registry.directory / f"{name}.py").exists()] == []


def _imported_by_tests() -> set[str]:
    names: set[str] = set()
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return names


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.package)
def test_every_entry_has_a_test_that_names_it(registry: Registry) -> None:
    imported = _imported_by_tests()
    files = {path.stem for path in TESTS}

    def is_named(entry: str) -> bool:
        module = f"wherry.{registry.package}.{entry}"
        own = f"test_{registry.package.rpartition('.')[2].removesuffix('s')}_{entry}"
        return bool(files & {f"test_{entry}", own}) or any(f"{name}.".startswith(f"{module}.") for name in imported)

    assert sorted(entry for entry in registry.files() if not is_named(entry)) == []

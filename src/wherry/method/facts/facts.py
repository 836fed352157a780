"""Everything that static checks may look at, as plain data. Made by `reading.read_facts`; checks do no I/O."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wherry.apimachinery.document import Document


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file that goes into the image. `name` is how the code imports it ("orders.app")."""

    path: str
    name: str
    text: str
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        """Where a node stands: "src/orders/app.py:12"."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that is stored in the repository, as text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """How the image is made: image.toml or a Containerfile. `copied` are paths of the repository."""

    path: str
    base: str = ""
    programs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    shell_form: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Locked:
    """One line of the lock file; `exact`: one version, `hashed`: and only these bytes."""

    name: str
    exact: bool
    hashed: bool
    where: str


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What is declared (pyproject.toml) and what is locked. Names are normalised ("typing-extensions")."""

    declared: frozenset[str] = frozenset()
    declared_at: str = ""
    lock_path: str = ""
    locked: tuple[Locked, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """What git says. `ignored` and `changed` are paths that no commit has as they are."""

    is_repository: bool = False
    revision: str = ""
    source: str = ""
    changed: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """The manifests of one environment, rendered; `problem` when they cannot be."""

    name: str
    overlay: str
    manifests: tuple[Document, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a file, in a sentence, and the way out; `where` is its path, with a line if that is known."""

    says: str
    where: str
    fix: str


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """What the service needs of one other: a file below contracts/needs."""

    path: str
    provider: str
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """What the files say of contracts. `path` is "" when nothing is promised, `digest` of what the promise says.

    `people` may sign for the service's team; None when no file says who.
    """

    path: str = ""
    served_at: str = ""
    operations: tuple[str, ...] = ()
    digest: str = ""
    needs: tuple[NeedFacts, ...] = ()
    team: str = ""
    people: tuple[str, ...] | None = None
    flaws: tuple[Flaw, ...] = ()

    @property
    def is_alone(self) -> bool:
        """Whether nothing is promised and nothing needed."""
        return not self.path and not self.needs and not self.flaws


@dataclass(frozen=True, slots=True)
class Facts:
    """A service's repository, read."""

    root: Path
    name: str
    modules: tuple[Module, ...] = ()
    unreadable: tuple[str, ...] = ()
    texts: tuple[TextFile, ...] = ()
    image: Image | None = None
    dependencies: Dependencies = Dependencies()
    history: History = History()
    environments: tuple[EnvironmentFacts, ...] = ()
    admin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    contracts: ContractFacts = ContractFacts()

    @property
    def packages(self) -> frozenset[str]:
        """The top-level names of the service's own code."""
        return frozenset(module.name.split(".")[0] for module in self.modules)

    @property
    def rendered(self) -> tuple[EnvironmentFacts, ...]:
        """The environments whose manifests are known."""
        return tuple(entry for entry in self.environments if entry.manifests)

"""A service's repository, as its wherry.toml describes it: who owns it, where it runs, what it promises.

    name = "orders"
    team = "shop"
    [service]
    port = 8080
    contract = "contracts/provides/orders.v1.openapi.yaml"
    served_at = "/openapi.json"
    [database]
    image = "database/image.toml"
    [config.GREETING]
    try = "good evening"
    at = "/about"
    field = "greeting"
    [admin]
    migrate = ["python3", "-m", "orders.admin", "migrate"]
    [environments.dev]
    overlay = "deploy/overlays/dev"
    [environments.prod]
    overlay = "deploy/overlays/prod"
    namespace = "orders-live"
    kubeconfig = "~/.kube/production"
    registry = "registry.example.com/shop"

An environment is a namespace, of this cluster or of another one. Paths are relative to the repository.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec

FILE_NAME = "wherry.toml"
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class NotAProject(Exception):
    """There is no usable wherry.toml; the message says what is wrong and `remedy` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        """Both are sentences for people."""
        super().__init__(message)
        self.remedy = remedy


class Environment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a release can run. An empty namespace means NAME-ENVIRONMENT, an empty kubeconfig this cluster."""

    overlay: str
    namespace: str = ""
    kubeconfig: str = ""
    context: str = ""
    registry: str = ""


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the service shows to others: its port, its contract's file, and the path where it serves that contract."""

    port: int = 8080
    contract: str = ""
    served_at: str = "/openapi.json"


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The service's own database: the description of its image, when the repository makes it."""

    image: str = ""


class Variable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A variable that the service needs. With `try_`, that value becomes visible at a path, in a field."""

    try_: str = msgspec.field(default="", name="try")
    at: str = ""
    field: str = ""


class ProjectFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """wherry.toml, as it is written."""

    name: str
    environments: dict[str, Environment]
    team: str = ""
    service: Service = Service()
    admin: dict[str, tuple[str, ...]] = {}
    image: str = "image.toml"
    journey: str = ""
    database: Database = Database()
    config: dict[str, Variable] = {}


@dataclass(frozen=True, slots=True)
class Project:
    """A repository and what its file says."""

    root: Path
    file: ProjectFile

    @property
    def name(self) -> str:
        """The service's name, which its objects carry too."""
        return self.file.name

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of the environments, in the order of the file: that of promotion."""
        return tuple(self.file.environments)

    @property
    def first_environment(self) -> str:
        """Where everything starts. Raises NotAProject when there is no environment."""
        if not self.file.environments:
            raise NotAProject(
                f"{self.root / FILE_NAME} names no environment", "add [environments.dev] with its overlay to it"
            )
        return self.environments[0]

    @property
    def last_environment(self) -> str:
        """Where the way ends and users are; "" where there is no way, with one environment."""
        return self.environments[-1] if len(self.environments) > 1 else ""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of all environments."""
        return tuple(self.environment(name).namespace for name in self.environments)

    def environment(self, name: str) -> Environment:
        """One environment, with its namespace filled in. Raises NotAProject when there is none of this name."""
        found = self.file.environments.get(name)
        if found is None:
            known = ", ".join(self.environments) or "none"
            raise NotAProject(
                f'{self.name} has no environment "{name}" (there are: {known})',
                f"add [environments.{name}] to {self.root / FILE_NAME}",
            )
        return msgspec.structs.replace(found, namespace=found.namespace or f"{self.name}-{name}")


def find_project(start: Path) -> Project:
    """The project that a folder belongs to: the nearest wherry.toml in it or above. Raises NotAProject."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return read_project(folder)
    raise NotAProject(
        f"there is no {FILE_NAME} in {start} or above it", "cd into a service, or make one: wherry new NAME"
    )


def read_project(root: Path) -> Project:
    """Read the wherry.toml of a repository. Raises NotAProject."""
    path = root / FILE_NAME
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), ProjectFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise NotAProject(f"{path} cannot be used: {error}", f"correct {path}") from error
    except OSError as error:
        raise NotAProject(f"{path} cannot be read: {error.strerror}", f"look at {path}") from error
    for what, name in (("name", file.name), *(("environment", name) for name in file.environments)):
        if not DNS_LABEL.fullmatch(name):
            raise NotAProject(
                f'{path}: the {what} "{name}" cannot be a name in the cluster',
                "use lower-case letters, digits and dashes",
            )
    return Project(root, file)

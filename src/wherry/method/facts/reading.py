"""Read a repository into Facts: files, git and kustomize side by side, in about a second."""

from __future__ import annotations

import ast
import asyncio
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wherry.method.facts.contracts import read_contracts
from wherry.method.facts.dependencies import read_dependencies
from wherry.method.facts.facts import ContractFacts, Facts, Image, Module, TextFile
from wherry.method.facts.git import TooManyFiles, list_files, read_history
from wherry.method.facts.image import read_image
from wherry.method.facts.manifests import read_environments

TEXT_SUFFIXES = frozenset({".yaml", ".yml", ".toml", ".env", ".json", ".md", ".sh", ".cfg", ".ini", ".service", ""})
TEXT_BYTES_MAX = 200_000
NOT_THE_PRODUCT = frozenset({"tests", "test", "docs", "doc", "examples", ".venv", "venv", "node_modules"})
IMAGE_FOLDERS = ("", "service", "app")


class NothingToCheck(Exception):
    """The folder holds no service; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What wherry.toml says, as far as the checks ask."""

    name: str
    image: str = ""
    admin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overlays: Mapping[str, str] = field(default_factory=dict)
    config: frozenset[str] = frozenset()
    team: str = ""
    contract: str = ""
    served_at: str = ""


async def read_facts(root: Path, kubectl: Path | None) -> Facts:
    """Read the repository of one service.

    Args:
        root: its folder.
        kubectl: renders the overlays; None leaves the manifests as they lie there.

    Raises NothingToCheck when there is neither code nor a manifest.
    """
    settings = read_settings(root)
    try:
        files = await list_files(root)
    except TooManyFiles as error:
        raise NothingToCheck(f"{error}: that is no single service") from error
    image = _find_image(root, settings)
    history, environments = await asyncio.gather(
        read_history(root), read_environments(root, settings.overlays, files, kubectl)
    )
    modules, unreadable = _read_modules(root, files, history.ignored, image)
    if not modules and not unreadable and not environments:
        raise NothingToCheck(f"there is no Python code and no manifest in {root}")
    return Facts(
        root=root,
        name=settings.name,
        modules=modules,
        unreadable=unreadable,
        texts=_read_texts(root, files),
        image=image,
        dependencies=read_dependencies(root, files, image),
        history=history,
        environments=environments,
        admin=settings.admin,
        settings=settings.config,
        files=frozenset(files),
        contracts=contracts_of(root),
    )


def contracts_of(root: Path) -> ContractFacts:
    """What the files say of contracts, and nothing else of the repository."""
    settings = read_settings(root)
    return read_contracts(root, settings.team or settings.name, settings.contract, settings.served_at)


def read_settings(root: Path) -> Settings:
    """The part of wherry.toml that checks use; a service without one is named after its folder."""
    path = root / "wherry.toml"
    if not path.is_file():
        return Settings(root.absolute().name)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NothingToCheck(f"{path} cannot be used: {error}") from error
    admin = document.get("admin", {})
    environments = document.get("environments", {})
    service = document["service"] if isinstance(document.get("service"), dict) else {}
    return Settings(
        name=str(document.get("name", root.absolute().name)),
        image=str(document.get("image", "")),
        admin={name: tuple(map(str, argv)) for name, argv in admin.items() if isinstance(argv, list)},
        overlays={name: str(entry.get("overlay", "")) for name, entry in environments.items()},
        config=frozenset(document.get("config", {})),
        team=str(document.get("team", "")),
        contract=str(service.get("contract", "")),
        served_at=str(service.get("served_at", "/openapi.json")),
    )


def _find_image(root: Path, settings: Settings) -> Image | None:
    named = [settings.image] if settings.image else []
    for folder in IMAGE_FOLDERS:
        prefix = f"{folder}/" if folder else ""
        for name in (*named, f"{prefix}image.toml", f"{prefix}Containerfile", f"{prefix}Dockerfile"):
            if (root / name).is_file():
                return read_image(root, name)
    return None


def _read_modules(
    root: Path, files: list[str], ignored: tuple[str, ...], image: Image | None
) -> tuple[tuple[Module, ...], tuple[str, ...]]:
    """The code that goes into the image, also what git ignores: the image does not ask git."""
    found, unreadable = [], []
    for path in sorted({*files, *ignored}):
        if not path.endswith(".py") or not goes_in(path, image):
            continue
        try:
            text = (root / path).read_text(encoding="utf-8")
            found.append(Module(path, module_name(path), text, ast.parse(text)))
        except (SyntaxError, ValueError, UnicodeDecodeError):
            unreadable.append(path)
        except OSError:
            # Deleted, and not committed yet.
            continue
    return tuple(found), tuple(unreadable)


def goes_in(path: str, image: Image | None) -> bool:
    """Whether a file of the repository becomes part of the image."""
    parts = path.split("/")
    if NOT_THE_PRODUCT & set(parts) or parts[-1].startswith("test_") or parts[-1] == "conftest.py":
        return False
    if image is None or not image.copied:
        return True
    return any(path == top or path.startswith(f"{top}/") or top in ("", ".") for top in image.copied)


def module_name(path: str) -> str:
    """How code imports a file: "src/orders/app.py" is orders.app."""
    parts = path.removesuffix(".py").split("/")
    if "src" in parts:
        parts = parts[parts.index("src") + 1 :]
    elif len(parts) > 1:
        parts = parts[-1:]
    if len(parts) > 1 and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


def _read_texts(root: Path, files: list[str]) -> tuple[TextFile, ...]:
    found = []
    for name in files:
        path = root / name
        if path.suffix not in TEXT_SUFFIXES or NOT_THE_PRODUCT & set(name.split("/")[:1]):
            continue
        try:
            if path.stat().st_size <= TEXT_BYTES_MAX:
                found.append(TextFile(name, path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError):
            continue
    return tuple(found)

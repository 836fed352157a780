"""What the code may lean on: declared in pyproject.toml, and locked to exact bytes."""

from __future__ import annotations

import posixpath
import re
import tomllib
from pathlib import Path

from wherry.method.facts.facts import Dependencies, Image, Locked

LOCKS = ("requirements.lock", "requirements.txt")
NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$")


def normalise(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_dependencies(root: Path, files: list[str], image: Image | None) -> Dependencies:
    """Declared and locked dependencies, from beside the image's recipe or from the root."""
    folder = posixpath.dirname(image.path) if image is not None else ""
    prefix = f"{folder}/" if folder else ""
    declared, declared_at = _declared(root, [f"{prefix}pyproject.toml", "pyproject.toml"], files)
    names = [*(f"{prefix}{name}" for name in LOCKS), *LOCKS]
    lock_path = next((name for name in names if name in files), "")
    locked = _parse_lock(lock_path, (root / lock_path).read_text(encoding="utf-8")) if lock_path else ()
    return Dependencies(declared, declared_at, lock_path, locked)


def _declared(root: Path, candidates: list[str], files: list[str]) -> tuple[frozenset[str], str]:
    for name in candidates:
        if name not in files:
            continue
        try:
            project = tomllib.loads((root / name).read_text(encoding="utf-8")).get("project", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            continue
        if isinstance(project, dict) and "dependencies" in project:
            found = (NAME.match(str(line)) for line in project["dependencies"])
            return frozenset(normalise(match[1]) for match in found if match), name
    return frozenset(), ""


def _parse_lock(path: str, text: str) -> tuple[Locked, ...]:
    found: list[Locked] = []
    number = 0
    for logical in re.sub(r"\\\r?\n", "\x00", text).splitlines():
        number += 1
        line = logical.replace("\x00", " ").split(" #")[0].strip()
        match = NAME.match(line)
        if match and not line.startswith("-"):
            exact = "==" in match[2].split(";")[0] and "*" not in match[2].split(";")[0]
            found.append(Locked(normalise(match[1]), exact or " @ " in line, "--hash=" in line, f"{path}:{number}"))
        number += logical.count("\x00")
    return tuple(found)

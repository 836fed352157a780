"""How the service's image is made: from image.toml, or from a Containerfile."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
import tomllib
from pathlib import Path

from wherry.method.facts.facts import Image

INSTALLS = re.compile(r"\b(?:apt-get|apt|apk|dnf|yum)\s+(?:-\S+\s+)*(?:install|add)\s+([^&|;]+)")


def read_image(root: Path, name: str) -> Image | None:
    """Read one of them; None when it cannot be understood (the builder will say why)."""
    text = (root / name).read_text(encoding="utf-8", errors="replace")
    folder = posixpath.dirname(name)
    if name.endswith(".toml"):
        return _from_toml(name, folder, text)
    return _from_containerfile(name, folder, text)


def _from_toml(name: str, folder: str, text: str) -> Image | None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None

    def words(key: str) -> tuple[str, ...]:
        value = document.get(key, ())
        return tuple(map(str, value)) if isinstance(value, list) else ()

    copies = document.get("copy", [])
    sources = [str(entry.get("from", "")) for entry in copies if isinstance(entry, dict)]
    return Image(
        path=name,
        base=str(document.get("base", "scratch")),
        programs=words("programs"),
        packages=words("debian_packages"),
        copied=tuple(posixpath.normpath(posixpath.join(folder, source)) for source in sources if source),
        entrypoint=(*words("entrypoint"), *words("cmd")),
        env={str(key): str(value) for key, value in document.get("env", {}).items()},
    )


def _from_containerfile(name: str, folder: str, text: str) -> Image:
    base = ""
    copied: list[str] = []
    packages: list[str] = []
    env: dict[str, str] = {}
    starts: dict[str, tuple[str, ...]] = {}
    shell_form = False
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        keyword, _, rest = line.strip().partition(" ")
        keyword, rest = keyword.upper(), rest.strip()
        if keyword == "FROM":
            base = rest.split()[0] if rest else ""
        elif keyword in ("COPY", "ADD") and "--from=" not in rest:
            words = [word for word in rest.split() if not word.startswith("--")]
            copied += [posixpath.normpath(posixpath.join(folder, word)) for word in words[:-1]]
        elif keyword == "ENV":
            env |= dict(pair.split("=", 1) for pair in _split(rest) if "=" in pair)
        elif keyword == "RUN":
            packages += [word for found in INSTALLS.findall(rest) for word in found.split() if not word.startswith("-")]
        elif keyword in ("ENTRYPOINT", "CMD"):
            starts[keyword], is_shell = _command(rest)
            shell_form = (
                shell_form or (is_shell and keyword == "ENTRYPOINT") or (is_shell and "ENTRYPOINT" not in starts)
            )
    entrypoint = (*starts.get("ENTRYPOINT", ()), *starts.get("CMD", ()))
    return Image(name, base, (), tuple(packages), tuple(copied), entrypoint, shell_form, env)


def _command(rest: str) -> tuple[tuple[str, ...], bool]:
    """The words of an ENTRYPOINT or CMD, and whether a shell runs them."""
    if rest.startswith("["):
        try:
            return tuple(map(str, json.loads(rest))), False
        except ValueError:
            pass
    return tuple(_split(rest)), True


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()

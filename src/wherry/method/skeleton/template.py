"""The skeleton's template: a folder in copier's layout, and what it becomes with a team's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from wherry.method.skeleton.rendering import TemplateError, render

FOLDER = Path(__file__).with_name("templates")
SUFFIX = ".jinja"


class Question(msgspec.Struct, frozen=True):
    """What the template wants to know; only its default matters here."""

    default: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What a team has said about its service."""

    name: str
    team: str
    web: str = "fastapi"
    partner: str = ""
    db: str = "postgres"

    @property
    def variables(self) -> dict[str, str]:
        """The names that templates may use."""
        return {
            "name": self.name,
            "team": self.team,
            "web": self.web,
            "partner": self.partner,
            "db": self.db,
            "package": self.name.replace("-", "_"),
        }


@dataclass(frozen=True, slots=True)
class Template:
    """A template folder: its version and where its files are."""

    files: Path
    version: str

    def render(self, answers: Answers) -> dict[str, bytes]:
        """Every file of the repository, by its path. Raises TemplateError."""
        variables = {**answers.variables, "skeleton_version": self.version}
        rendered: dict[str, bytes] = {}
        for source in sorted(self.files.rglob("*")):
            if not source.is_file() or "__pycache__" in source.parts:
                continue
            path = _path(source.relative_to(self.files).as_posix(), variables)
            if path is not None:
                rendered[path] = _content(source, variables)
        return rendered


def read_template(folder: Path = FOLDER) -> Template:
    """Read a template's copier.yml. Raises TemplateError."""
    import yaml

    asked = yaml.safe_load((folder / "copier.yml").read_text(encoding="utf-8"))
    questions = {name: question for name, question in asked.items() if not name.startswith("_")}
    version = msgspec.convert(questions.get("skeleton_version", {}), Question).default
    if not version:
        raise TemplateError(f"{folder / 'copier.yml'} has no skeleton_version")
    return Template(folder / str(asked.get("_subdirectory", "")), version)


def _path(name: str, variables: Mapping[str, str]) -> str | None:
    """A file's path in the repository; None when one of its names comes out empty: then it is not made."""
    parts = [render(part, variables) for part in PurePosixPath(name.removesuffix(SUFFIX)).parts]
    return "/".join(parts) if all(parts) else None


def _content(source: Path, variables: Mapping[str, str]) -> bytes:
    data = source.read_bytes()
    if source.suffix != SUFFIX:
        return data
    try:
        return render(data.decode(), variables).encode()
    except TemplateError as error:
        raise TemplateError(f"{source.name}: {error}") from error

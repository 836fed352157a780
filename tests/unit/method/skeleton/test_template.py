from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import jinja2
import pytest
import yaml

from wherry.method.project import read_project
from wherry.method.skeleton.rendering import TemplateError
from wherry.method.skeleton.repository import write_files
from wherry.method.skeleton.template import FOLDER, Answers, read_template

WAYS = [Answers("my-orders", "shop", web, partner) for web, partner in product(("fastapi", "plain"), ("", "payments"))]
INSIDE = [replace(answers, db="sqlite-in-container") for answers in WAYS]


@pytest.mark.parametrize("answers", [*WAYS, *INSIDE], ids=str)
def test_every_file_of_the_skeleton_is_what_it_says(answers: Answers, tmp_path: Path) -> None:
    files = read_template().render(answers)
    write_files(tmp_path, files)
    for name, content in files.items():
        text = content.decode()
        assert "{{" not in text, name
        assert "{%" not in text, name
        if name.endswith(".py"):
            compile(text, name, "exec")
        if name.endswith((".yaml", ".yml", ".json")):
            assert list(yaml.safe_load_all(text)), name
    project = read_project(tmp_path)
    assert (project.name, project.environments) == ("my-orders", ("dev", "staging", "prod"))
    assert project.file.config["GREETING"].try_
    named = [project.file.image, project.file.service.contract]
    named += [project.file.database.image] if answers.db == "postgres" else []
    named += [entry.overlay for entry in project.file.environments.values()]
    named += [f"journeys/{project.file.journey}.yaml"]
    assert [name for name in named if not (tmp_path / name).exists()] == []


def test_a_service_with_a_partner_says_what_it_needs() -> None:
    alone, with_partner = (set(read_template().render(answers)) for answers in WAYS[:2])
    assert with_partner - alone == {"contracts/needs/payments.json", "src/my_orders/partner.py"}


def test_a_database_in_the_container_leaves_no_trace_of_another_one() -> None:
    for answers in INSIDE:
        files = read_template().render(answers)
        assert not [name for name in files if name.startswith(("database/", "migrations/"))]
        for name, content in files.items():
            if name not in ("README.md", "docs/decisions/0001-database-in-the-container.md", "model.yaml"):
                text = content.decode().lower()
                assert not [word for word in ("asyncpg", "postgres", "database_host", "migrate") if word in text], name


def test_programs_can_be_run(tmp_path: Path) -> None:
    write_files(tmp_path, read_template().render(WAYS[0]))
    programs = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_mode & 1]
    assert {str(path.relative_to(tmp_path)) for path in programs} == {".ci/run", "deploy/make-secrets"}


@pytest.mark.parametrize("answers", [*WAYS, *INSIDE], ids=str)
def test_copier_would_make_the_same_of_the_folder(answers: Answers) -> None:
    asked = yaml.safe_load((FOLDER / "copier.yml").read_text())
    jinja = jinja2.Environment(autoescape=False, **asked["_envops"])
    values: dict[str, str] = {
        "name": answers.name,
        "team": answers.team,
        "web": answers.web,
        "partner": answers.partner,
        "db": answers.db,
    }
    for name in ("package", "skeleton_version"):
        values[name] = jinja.from_string(asked[name]["default"]).render(values)
    made: dict[str, bytes] = {}
    for source in (FOLDER / asked["_subdirectory"]).rglob("*"):
        relative = source.relative_to(FOLDER / asked["_subdirectory"])
        parts = [
            jinja.from_string(part.removesuffix(asked["_templates_suffix"])).render(values) for part in relative.parts
        ]
        if source.is_file() and all(parts):
            is_template = source.suffix == asked["_templates_suffix"]
            text = source.read_text()
            made["/".join(parts)] = (jinja.from_string(text).render(values) if is_template else text).encode()
    assert read_template().render(answers) == made


def test_a_template_without_a_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "copier.yml").write_text("name: {type: str}\n")
    with pytest.raises(TemplateError, match="has no skeleton_version"):
        read_template(tmp_path)


def test_a_broken_template_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "copier.yml").write_text("skeleton_version: {default: '1'}\n_subdirectory: files\n")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt.jinja").write_text("{{ nobody }}")
    with pytest.raises(TemplateError, match=r"a\.txt\.jinja: there is no value for 'nobody'"):
        read_template(tmp_path).render(WAYS[0])

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.method.project import NotAProject, find_project, read_project

FILE = """
name = "orders"
team = "shop"
[environments.dev]
overlay = "deploy/overlays/dev"
[environments.prod]
overlay = "deploy/overlays/prod"
namespace = "live"
"""


def write(root: Path, text: str = FILE) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "wherry.toml").write_text(text)
    return root


def test_a_project_is_found_from_any_folder_below_it(tmp_path: Path) -> None:
    write(tmp_path / "orders")
    (tmp_path / "orders" / "src" / "orders").mkdir(parents=True)
    project = find_project(tmp_path / "orders" / "src" / "orders")
    assert (project.name, project.root) == ("orders", tmp_path / "orders")
    assert project.environments == ("dev", "prod")


def test_an_environment_is_a_namespace_named_after_the_service_unless_told_otherwise(tmp_path: Path) -> None:
    project = read_project(write(tmp_path))
    assert project.environment("dev").namespace == "orders-dev"
    assert project.environment("prod").namespace == "live"


def test_an_unknown_environment_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(NotAProject, match=r'no environment "test" \(there are: dev, prod\)') as caught:
        read_project(write(tmp_path)).environment("test")
    assert "[environments.test]" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "cannot be used"),
        ('name = "orders"', "environments"),
        ('name = "Orders"\n[environments.dev]\noverlay = "x"', 'the name "Orders" cannot be a name'),
        ('name = "o"\n[environments."a b"]\noverlay = "x"', 'the environment "a b" cannot be a name'),
        ('name = "o"\nnmae = "x"\n[environments.dev]\noverlay = "x"', "nmae"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(NotAProject, match=complaint):
        read_project(write(tmp_path, text))


def test_no_file_at_all_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotAProject) as caught:
        find_project(tmp_path)
    assert "wherry new NAME" in caught.value.remedy


def test_a_project_without_environments_says_so_when_one_is_needed(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, 'name = "orders"\n[environments]\n'))
    assert project.namespaces == ()
    with pytest.raises(NotAProject, match="names no environment"):
        _ = project.first_environment
    assert read_project(write(tmp_path)).first_environment == "dev"

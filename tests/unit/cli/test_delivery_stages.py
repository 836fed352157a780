"""What the delivery commands understand of what people type, and what they answer when it does not go on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wherry.api.method.release import PinnedImage
from wherry.apimachinery.errors import Forbidden, Invalid
from wherry.cli.delivery.building import build, image_folder, image_repository
from wherry.cli.delivery.database_image import BuiltDatabase, build_database
from wherry.cli.delivery.releasing import kept_name, pinned, repository_of
from wherry.cli.delivery.run_stage import full_name, next_environment
from wherry.cli.delivery.stage import project_or_none, told
from wherry.cli.output import Trouble
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.project import NotAProject, Project, read_project
from wherry.runtime.images.build import build_image
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import FailedPrecondition

ENVIRONMENTS = ("dev", "staging", "prod")


def project(root: Path, image: str = "image.toml") -> Project:
    (root / "wherry.toml").write_text(f'name = "orders"\nimage = "{image}"\n[environments.dev]\noverlay = "dev"\n')
    return read_project(root)


@pytest.mark.parametrize("typed", ["orders-r7", "r7", "7"])
def test_a_release_is_known_by_its_name_or_its_number(tmp_path: Path, typed: str) -> None:
    assert full_name(project(tmp_path), typed) == "orders-r7"


def test_the_next_environment_is_the_one_below_in_the_file() -> None:
    found = [next_environment(ENVIRONMENTS, name) for name in (*ENVIRONMENTS, "moon")]
    assert found == ["staging", "prod", "", ""]


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("orders", "orders"),
        ("docker.io/library/orders:1", "orders"),
        ("registry.example.com:5000/shop/orders@sha256:" + "a" * 64, "registry.example.com:5000/shop/orders"),
        ("Not A Name", "Not A Name"),
    ],
)
def test_an_image_is_the_same_under_every_tag(name: str, repository: str) -> None:
    assert repository_of(name) == repository


def test_what_keeps_an_image_is_named_after_the_release() -> None:
    assert kept_name(PinnedImage(name="orders-db:18", image="", digest=""), "orders-r7") == "orders-db:orders-r7"


def test_an_image_that_is_here_is_named_by_its_digest_and_another_is_not(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("x")
    (tmp_path / "image.toml").write_text('name = "page:1"\n[[copy]]\nfrom = "page"\nto = "/page"\n')
    store = ImageStore(tmp_path / "store")
    digest = build_image(store, tmp_path).digest
    found = pinned(store, "page:1")
    assert found is not None
    assert (found.name, found.image, found.digest) == ("page:1", f"page@{digest}", digest)
    assert pinned(store, "nosuch:1") is None


def test_the_image_is_called_as_its_description_says_and_else_like_the_service(tmp_path: Path) -> None:
    (tmp_path / "image.toml").write_text('name = "shop/orders:1"')
    assert image_repository(tmp_path, "orders") == "shop/orders"
    (tmp_path / "image.toml").write_text('base = "python"')
    assert image_repository(tmp_path, "orders") == "orders"


def test_the_image_description_may_lie_in_another_folder_and_has_one_name(tmp_path: Path) -> None:
    assert image_folder(project(tmp_path, "images/api/image.toml")) == tmp_path / "images" / "api"
    with pytest.raises(CannotDeliver, match="an image description is called"):
        image_folder(project(tmp_path, "Dockerfile"))


def test_without_a_project_some_commands_work_and_a_broken_one_is_said(tmp_path: Path) -> None:
    assert project_or_none(tmp_path) is None
    (tmp_path / "wherry.toml").write_text("name =")
    with pytest.raises(Trouble, match="cannot be used"):
        project_or_none(tmp_path)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (CannotDeliver("no", "do", 5), 5),
        (NotAProject("no", "do"), 2),
        (FailedPrecondition("no"), 1),
        (Forbidden("no"), 4),
        (Invalid("no"), 1),
        (ConnectionRefusedError("no"), 3),
        (TimeoutError(), 3),
    ],
)
def test_what_goes_wrong_is_a_sentence_with_its_exit_code(error: Exception, exit_code: int) -> None:
    with pytest.raises(Trouble) as caught, told():
        raise error
    assert caught.value.exit_code == exit_code
    assert caught.value.message


def with_database(root: Path) -> Project:
    """A repository, committed, with two small images: its own and its database's."""
    for folder, name in ((root, "orders:1"), (root / "database", "orders-db:18")):
        folder.mkdir(exist_ok=True)
        (folder / "program").write_text(name)
        (folder / "image.toml").write_text(f'name = "{name}"\n[[copy]]\nfrom = "program"\nto = "/program"\n')
    (root / "wherry.toml").write_text(
        'name = "orders"\n[database]\nimage = "database/image.toml"\n[environments.dev]\noverlay = "dev"\n'
    )
    (root / ".gitignore").write_text("*.ignored\n")
    for arguments in (("init", "-q"), ("add", "--all"), ("commit", "-qm", "All of it")):
        subprocess.run(
            ["git", "-c", "user.name=ana", "-c", "user.email=ana@example.com", *arguments], cwd=root, check=True
        )
    return read_project(root)


async def build_both(store: ImageStore, project: Project, *, allow_dirty: bool = False) -> BuiltDatabase | None:
    built = await build(store, image_folder(project), project.name, allow_dirty=allow_dirty)
    return await build_database(store, project, built, allow_dirty=allow_dirty)


async def test_the_database_is_built_beside_the_service_and_stays_the_same_while_its_folder_does(
    tmp_path: Path,
) -> None:
    (tmp_path / "orders").mkdir()
    project, store = with_database(tmp_path / "orders"), ImageStore(tmp_path / "images")
    first = await build_both(store, project)
    (project.root / "program").write_text("another line")
    second = await build_both(store, project, allow_dirty=True)
    assert first is not None
    assert second is not None
    assert (first.name, first.is_unchanged, second.is_unchanged) == ("orders-db:18", False, True)
    assert first.image.digest == second.image.digest
    assert not any(label.startswith("org.opencontainers") for label in first.image.config.labels)
    (project.root / "database" / "program").write_text("another version")
    third = await build_both(store, project, allow_dirty=True)
    assert third is not None
    assert (third.is_unchanged, third.image.digest == first.image.digest) == (False, False)


async def test_a_repository_that_makes_no_database_image_builds_none(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    project, store = with_database(tmp_path / "orders"), ImageStore(tmp_path / "images")
    (project.root / "database" / "image.toml").unlink()
    assert await build_both(store, project, allow_dirty=True) is None


async def test_a_database_whose_files_git_ignores_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    project, store = with_database(tmp_path / "orders"), ImageStore(tmp_path / "images")
    description = (project.root / "database" / "image.toml").read_text().replace('"program"', '"x.ignored"')
    (project.root / "database" / "image.toml").write_text(description)
    subprocess.run(
        ["git", "-c", "user.name=ana", "-c", "user.email=ana@example.com", "commit", "-qam", "Ignored"],
        cwd=project.root, check=True,
    )  # fmt: skip
    (project.root / "database" / "x.ignored").write_text("here only")
    with pytest.raises(CannotDeliver, match=r"database/x\.ignored") as caught:
        await build_both(store, project)
    assert caught.value.exit_code == 4
    assert await build_both(store, project, allow_dirty=True) is not None


async def test_a_database_image_without_a_name_says_which_one_it_needs(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    project, store = with_database(tmp_path / "orders"), ImageStore(tmp_path / "images")
    (project.root / "database" / "image.toml").write_text('[[copy]]\nfrom = "program"\nto = "/program"\n')
    with pytest.raises(CannotDeliver, match="has no name") as caught:
        await build_both(store, project, allow_dirty=True)
    assert caught.value.remedy.startswith('name = "orders-db:18"')

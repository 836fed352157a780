from __future__ import annotations

from pathlib import Path

import pytest

from suites.delivered_service import GreeterRepository
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.source import (
    are_two_repositories,
    changed_between,
    parse_status,
    read_source,
    repository_key,
    repository_name,
)


async def test_a_clean_commit_is_known_by_its_time_and_its_first_commit(tmp_path: Path) -> None:
    repository = GreeterRepository(tmp_path / "greeter")
    source = await read_source(repository.root)
    assert source.revision == repository.git("rev-parse", "HEAD")
    assert source.repository == f"git:{source.revision}"
    assert source.committed_at.endswith("Z")
    assert source.changed == ()


async def test_what_is_not_committed_is_named_new_changed_and_ignored_files_alike(tmp_path: Path) -> None:
    repository = GreeterRepository(tmp_path / "greeter")
    repository.write(".gitignore", "*.local\n")
    repository.commit("Ignore")
    repository.write("www/index.html", "bye\n")
    repository.write("www/new.html", "new\n")
    repository.write("www/secret.local", "psst\n")
    source = await read_source(repository.root)
    assert set(source.changed) == {"www/index.html", "www/new.html"}
    assert source.ignored == ("www/secret.local",)


async def test_in_a_repository_of_many_services_only_the_own_folder_counts(tmp_path: Path) -> None:
    repository = GreeterRepository(tmp_path / "all")
    repository.write("other/file", "x")
    source = await read_source(repository.root / "www")
    assert source.changed == ()
    repository.write("www/index.html", "bye\n")
    assert (await read_source(repository.root / "www")).changed == ("index.html",)


async def test_commits_are_compared_by_path(tmp_path: Path) -> None:
    repository = GreeterRepository(tmp_path / "greeter")
    old = repository.git("rev-parse", "HEAD")
    repository.write("README.md", "read")
    new = repository.commit("Explain")
    assert not await changed_between(repository.root, old, new, ("www", "image.toml"))
    assert await changed_between(repository.root, old, new, ("README.md",))


async def test_without_a_repository_or_a_commit_there_is_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(CannotDeliver, match="in no git repository") as caught:
        await read_source(tmp_path)
    assert "git init" in caught.value.remedy
    repository = GreeterRepository(tmp_path / "greeter")
    repository.git("update-ref", "-d", "HEAD")
    with pytest.raises(CannotDeliver, match="has no commit yet"):
        await read_source(repository.root)


def test_a_renamed_file_counts_once_under_its_new_name() -> None:
    assert parse_status(b"R  svc/new.py\0svc/old.py\0?? svc/x\0!! svc/y.pyc\0", "svc/") == (("new.py", "x"), ("y.pyc",))


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://ana:pw@example.com/shop/orders.git", "https://example.com/shop/orders.git"),
        ("git@example.com:shop/orders.git", "git@example.com:shop/orders.git"),
        ("/srv/git/orders", "git:f00"),
        ("file:///srv/git/orders", "git:f00"),
        ("", "git:f00"),
    ],
)
def test_a_repository_has_the_same_name_in_every_clone_and_no_password(origin: str, name: str) -> None:
    assert repository_name(origin, "beef\nf00") == name


@pytest.mark.parametrize(
    "name",
    [
        "https://git.example.com/shop/orders.git",
        "https://git.example.com/shop/orders",
        "https://ana@git.example.com/Shop/orders/",
        "ssh://git@git.example.com:7999/shop/orders.git",
        "git@git.example.com:shop/orders.git",
        "git.example.com/shop/orders",
    ],
)
def test_a_repository_is_the_same_however_it_is_reached(name: str) -> None:
    assert repository_key(name) == "git.example.com/shop/orders"


@pytest.mark.parametrize(
    ("one", "other", "are_two"),
    [
        ("https://a.example/shop/orders", "git@a.example:shop/orders.git", False),
        ("https://a.example/shop/orders", "https://a.example/shop/web", True),
        ("https://a.example/shop/orders", "https://b.example/shop/orders", True),
        ("git:aa", "git:bb", True),
        ("git:aa", "git:aa", False),
        ("git:aa", "https://a.example/shop/orders", False),
        ("", "git:aa", False),
    ],
)
def test_a_first_commit_is_compared_only_with_another_one(one: str, other: str, *, are_two: bool) -> None:
    assert are_two_repositories(one, other) is are_two
    assert are_two_repositories(other, one) is are_two

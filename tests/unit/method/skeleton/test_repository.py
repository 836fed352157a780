from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from wherry.method.skeleton import repository
from wherry.method.skeleton.git import Git, GitFailed, blob_name
from wherry.method.skeleton.record import PLACE, NoRecord, read_record
from wherry.method.skeleton.repository import CannotMake, check_answers, enclosing_repository, make_repository
from wherry.method.skeleton.template import Answers, read_template

ANSWERS = Answers("orders", "shop")


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose git knows no name."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "none"))
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name, raising=False)


async def test_a_repository_begins_with_one_clean_commit_of_everything(tmp_path: Path, nobody: None) -> None:
    folder = tmp_path / "orders"
    count = await make_repository(read_template(), ANSWERS, folder, {".wherry/note": b"extra"})
    git = Git(folder)
    assert await git.is_clean()
    assert await git.line("log", "--format=%an %s") == "Wherry Start with the walking skeleton"
    committed = (await git.line("ls-files")).splitlines()
    assert len(committed) == count
    assert {"src/orders/app.py", PLACE, ".wherry/note"} <= set(committed)


async def test_whoever_git_knows_is_the_author(tmp_path: Path, nobody: None, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[user]\nname = Ana\nemail = ana@example.org\n[commit]\ngpgsign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    await make_repository(read_template(), ANSWERS, tmp_path / "orders")
    assert await Git(tmp_path / "orders").line("log", "--format=%an <%ae>") == "Ana <ana@example.org>"


async def test_passwords_are_made_for_each_environment_and_are_in_no_commit(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    await make_repository(read_template(), ANSWERS, folder)
    secrets = sorted(folder.glob("deploy/overlays/*/database.secret.env"))
    assert [path.parent.name for path in secrets] == ["dev", "prod", "staging"]
    assert len({path.read_text() for path in secrets}) == 3
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}
    assert "secret" not in await Git(folder).line("ls-files", "deploy/overlays")


async def test_the_record_names_every_file_as_git_does(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    await make_repository(read_template(), ANSWERS, folder)
    record = read_record(folder)
    assert record.answered == ANSWERS
    listed = (await Git(folder).line("ls-tree", "-r", "HEAD", "--format=%(path) %(objectname)")).splitlines()
    in_git = dict(line.rsplit(" ", 1) for line in listed)
    assert {path: in_git[path] for path in record.files} == dict(record.files)
    assert in_git.keys() - record.files.keys() == {PLACE}


async def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CannotMake, match="not empty") as refused:
        await make_repository(read_template(), ANSWERS, tmp_path)
    assert refused.value.exit_code == 4
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["", "Orders", "or ders", "1st", "-a", "a" * 41, "json", "class", "asyncpg", "x"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(CannotMake) as refused:
        check_answers(Answers(name, "shop"))
    assert refused.value.remedy


def test_a_service_has_no_contract_with_itself() -> None:
    with pytest.raises(CannotMake, match="with itself"):
        check_answers(Answers("web", "shop", partner="web"))


def test_a_repository_of_somebody_else_has_no_record(tmp_path: Path) -> None:
    with pytest.raises(NoRecord, match="was not made by"):
        read_record(tmp_path)
    (tmp_path / ".wherry").mkdir()
    (tmp_path / PLACE).write_text("{")
    with pytest.raises(NoRecord, match="cannot be read"):
        read_record(tmp_path)


def test_a_blob_is_named_as_git_names_it() -> None:
    assert blob_name(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("stopped", [OSError(errno.ENOSPC, "No space left on device"), asyncio.CancelledError()])
async def test_what_does_not_become_whole_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: BaseException, is_there: bool
) -> None:
    folder = tmp_path / "new" / "orders"
    if is_there:
        folder.mkdir(parents=True)

    def half(where: Path, files: object) -> None:
        (where / "src").mkdir()
        (where / "README.md").write_text("half")
        raise stopped

    monkeypatch.setattr(repository, "write_files", half)
    with pytest.raises(type(stopped)):
        await make_repository(read_template(), Answers("orders", "shop"), folder)
    assert [*tmp_path.rglob("*")] == ([folder.parent, folder] if is_there else [])


async def test_git_that_refuses_says_what_to_do_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(self: Git) -> None:
        raise GitFailed("git init: error: copy-fd: write returned: No space left on device")

    monkeypatch.setattr(Git, "start", full)
    with pytest.raises(GitFailed) as refused:
        await make_repository(read_template(), Answers("orders", "shop"), tmp_path / "orders")
    assert refused.value.remedy == "make room on that disk; then again"
    assert not (tmp_path / "orders").exists()


async def test_a_file_in_the_way_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "orders").write_text("mine")
    with pytest.raises(CannotMake, match="is there already, and is a file"):
        await make_repository(read_template(), Answers("orders", "shop"), tmp_path / "orders")
    assert (tmp_path / "orders").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Orders", "orders"),
        ("orders_2", "orders-2"),
        ("2orders", "orders"),
        ("bestellübersicht", "bestelluebersicht"),
        ("a b", "a-b"),
        ("o" * 50, "o" * 40),
        ("café", "cafe"),
    ],
)
def test_a_name_that_cannot_be_one_is_told_one_like_it(name: str, near: str) -> None:
    with pytest.raises(CannotMake) as refused:
        check_answers(Answers(name, "shop"))
    assert refused.value.remedy.endswith(f"the first one a letter, such as {near}")
    check_answers(Answers(near, "shop"))


@pytest.mark.parametrize("name", ["123", "", "日本"])
def test_where_nothing_is_like_it_none_is_told(name: str) -> None:
    with pytest.raises(CannotMake) as refused:
        check_answers(Answers(name, "shop"))
    assert refused.value.remedy.endswith("the first one a letter")


@pytest.mark.parametrize("name", ["class", "json", "fastapi", "tests"])
def test_a_name_that_python_has_taken_is_told_another(name: str) -> None:
    with pytest.raises(CannotMake) as refused:
        check_answers(Answers(name, "shop"))
    assert refused.value.remedy == f"another name, such as {name}-service"


def test_a_repository_above_is_found(tmp_path: Path) -> None:
    (tmp_path / "big" / ".git").mkdir(parents=True)
    assert enclosing_repository(tmp_path / "big" / "part" / "orders") == tmp_path / "big"
    assert enclosing_repository(tmp_path / "orders") is None

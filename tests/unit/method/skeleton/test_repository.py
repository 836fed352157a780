from __future__ import annotations

from pathlib import Path

import pytest

from wherry.method.skeleton.git import Git, blob_name
from wherry.method.skeleton.record import PLACE, NoRecord, read_record
from wherry.method.skeleton.repository import CannotMake, check_answers, make_repository
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

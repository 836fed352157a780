from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wherry.method.skeleton.git import Git
from wherry.method.skeleton.merging import Action
from wherry.method.skeleton.record import PLACE, read_record
from wherry.method.skeleton.repository import CannotMake, make_repository
from wherry.method.skeleton.template import FOLDER, Answers, Template, read_template
from wherry.method.skeleton.updating import update_repository

APP = "src/orders/log.py"


@pytest.fixture
async def root(tmp_path: Path) -> Path:
    folder = tmp_path / "orders"
    await make_repository(read_template(), Answers("orders", "shop"), folder)
    return folder


@pytest.fixture
def newer(tmp_path: Path) -> Template:
    """Version 2: a line more in three files, one new file, one file less."""
    return changed(tmp_path / "two", FOLDER, "2")


def changed(folder: Path, before: Path, version: str) -> Template:
    shutil.copytree(before, folder)
    asked = folder / "copier.yml"
    old = read_template(before).version
    asked.write_text(asked.read_text().replace(f'default: "{old}"', f'default: "{version}"'))
    files = folder / "service"
    for name in ("README.md.jinja", "done.toml.jinja", "src/{{ package }}/log.py.jinja"):
        path = files / name
        path.write_text(f"{path.read_text()}\n# Version {version} of {{{{ name }}}}.\n")
    (files / f"new-{version}.md.jinja").write_text("For {{ team }}.\n")
    (files / "model.yaml.jinja").unlink(missing_ok=True)
    return read_template(folder)


async def test_what_only_the_skeleton_has_changed_is_renewed_on_a_branch(root: Path, newer: Template) -> None:
    git = Git(root)
    done = await update_repository(newer, root)
    assert done is not None
    assert {change.path: change.action for change in done.changes} == {
        "README.md": Action.REPLACE,
        "done.toml": Action.REPLACE,
        "model.yaml": Action.DELETE,
        "new-2.md": Action.ADD,
        APP: Action.REPLACE,
    }
    assert done.conflicts == []
    assert await git.line("branch", "--show-current") == done.branch == "skeleton-2"
    assert await git.is_clean()
    assert (root / APP).read_text().endswith("# Version 2 of orders.\n")
    assert not (root / "model.yaml").exists()
    record = read_record(root)
    assert record.version == "2"
    # The skeleton as it was rendered is in the history: the next update finds it there.
    assert (await git.try_("merge-base", "--is-ancestor", record.commit, "HEAD")).exit_code == 0


async def test_both_sides_changes_are_in_the_merged_text(root: Path, newer: Template) -> None:
    git = Git(root)
    text = (root / APP).read_text()
    (root / APP).write_text(f"# Mine.\n{text}")
    (root / "done.toml").unlink()
    await git.commit_all("Mine")
    done = await update_repository(newer, root)
    assert done is not None
    assert not done.conflicts
    assert (root / APP).read_text() == f"# Mine.\n{text}\n# Version 2 of orders.\n"
    assert not (root / "done.toml").exists()


async def test_a_conflict_is_marked_and_git_knows_it_as_one(root: Path, newer: Template) -> None:
    git = Git(root)
    (root / APP).write_text((root / APP).read_text() + "\n# My own end.\n")
    await git.commit_all("Mine")
    done = await update_repository(newer, root)
    assert done is not None
    assert done.conflicts == [APP]
    merged = (root / APP).read_text()
    assert "<<<<<<< yours\n" in merged
    assert "# My own end." in merged
    assert "# Version 2 of orders." in merged
    assert ">>>>>>> skeleton 2" in merged
    assert f"UU {APP}" in (await git.ask("status", "--porcelain")).decode().splitlines()
    # It cannot be committed by accident, and ends as any merge does.
    assert (await git.try_("commit", "-m", "no")).exit_code != 0
    (root / APP).write_text("# Resolved.\n")
    await git.commit_all("Renewed")
    assert len((await git.line("log", "-1", "--format=%P")).split()) == 2


async def test_a_conflict_can_be_undone(root: Path, newer: Template) -> None:
    git = Git(root)
    (root / APP).write_text("# All mine.\n")
    await git.commit_all("Mine")
    await update_repository(newer, root)
    await git.ask("merge", "--abort")
    assert await git.is_clean()
    assert (root / APP).read_text() == "# All mine.\n"


async def test_an_update_finds_the_one_before_also_in_a_fresh_clone(
    root: Path, newer: Template, tmp_path: Path
) -> None:
    git = Git(root)
    text = (root / APP).read_text()
    (root / APP).write_text(f"# Mine.\n{text}")
    await git.commit_all("Mine")
    await update_repository(newer, root)
    await git.ask("switch", "--quiet", "main")
    await git.ask("merge", "--quiet", "skeleton-2")
    clone = tmp_path / "clone"
    await git.ask("clone", "--quiet", "--no-local", str(root), str(clone))
    done = await update_repository(changed(tmp_path / "three", newer.files.parent, "3"), clone)
    assert done is not None
    assert (done.before, done.after, done.conflicts) == ("2", "3", [])
    assert (clone / APP).read_text() == f"# Mine.\n{text}\n# Version 2 of orders.\n\n# Version 3 of orders.\n"


async def test_an_up_to_date_repository_is_left_alone(root: Path) -> None:
    assert await update_repository(read_template(), root) is None
    assert await Git(root).line("branch", "--show-current") == "main"


async def test_uncommitted_changes_are_not_mixed_with_an_update(root: Path, newer: Template) -> None:
    (root / "README.md").write_text("mine")
    with pytest.raises(CannotMake, match="in no commit") as refused:
        await update_repository(newer, root)
    assert refused.value.exit_code == 4


async def test_an_update_that_was_begun_is_not_begun_again(root: Path, newer: Template) -> None:
    await update_repository(newer, root)
    await Git(root).ask("switch", "--quiet", "main")
    with pytest.raises(CannotMake, match="there is a branch skeleton-2 already"):
        await update_repository(newer, root)


async def test_a_repository_that_is_no_skeleton_is_said_so(root: Path, newer: Template) -> None:
    (root / PLACE).unlink()
    with pytest.raises(CannotMake, match="was not made by"):
        await update_repository(newer, root)


async def test_a_database_is_moved_out_of_the_container_with_the_teams_own_changes_kept(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    await make_repository(read_template(), Answers("orders", "shop", db="sqlite-in-container"), folder)
    git = Git(folder)
    app = folder / "src" / "orders" / "app.py"
    app.write_text(f"{app.read_text()}\n# Ours.\n")
    await git.commit_all("Ours")
    assert await update_repository(read_template(), folder) is None
    done = await update_repository(read_template(), folder, db="postgres")
    assert done is not None
    assert not done.conflicts
    assert app.read_text().endswith("# Ours.\n")
    assert (folder / "database" / "image.toml").is_file()
    assert read_record(folder).answered.db == "postgres"
    # Its passwords are made, and in no commit.
    assert (folder / "deploy" / "overlays" / "dev" / "database.secret.env").stat().st_mode & 0o077 == 0
    assert await git.is_clean()
    assert await update_repository(read_template(), folder) is None


async def test_a_repository_from_before_the_question_keeps_its_own_database(root: Path) -> None:
    path = root / PLACE
    path.write_text(path.read_text().replace(',\n    "db": "postgres"', ""))
    assert '"db"' not in path.read_text()
    assert read_record(root).answered.db == "postgres"

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherry.method.facts import git
from wherry.method.facts.git import TooManyFiles, list_files

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that is under no git, and that everybody may enter."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    (made / "app.py").write_text("")
    yield made
    shutil.rmtree(made)


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Root may look everywhere: who is nobody may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_rubbish_is_not_among_the_files_of_a_folder_without_git(folder: Path) -> None:
    for name in ("src/a.py", ".venv/lib/b.py", "src/__pycache__/a.pyc", "web/node_modules/c.js"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    assert await list_files(folder) == ["app.py", "src/a.py"]


@pytest.fixture
def closed(folder: Path) -> Iterator[Path]:
    """It holds a database's own folder, and a link into it."""
    inside = folder / "pgdata"
    inside.mkdir()
    (inside / "base").write_text("")
    (folder / "link").symlink_to("pgdata/base")
    inside.chmod(0)
    yield folder
    inside.chmod(0o700)


async def test_what_may_not_be_read_is_passed_over(closed: Path, as_nobody: None) -> None:
    assert await list_files(closed) == ["app.py"]


async def test_a_folder_with_more_than_a_service_has_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "FILES_MAX", 3)
    for number in range(3):
        (folder / f"{number}.txt").write_text("")
    with pytest.raises(TooManyFiles, match="more than 3 files in"):
        await list_files(folder)

"""Repositories for the prover: fixtures are copied away and committed, as a team's repository is."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

GIT = (
    "git", "-c", "user.name=Tester", "-c", "user.email=tester@example.com", "-c", "commit.gpgsign=false",
    "-c", "core.hooksPath=/dev/null",
)  # fmt: skip


@pytest.fixture
def committed(tmp_path: Path) -> Callable[[Path], Path]:
    """Copies a folder into a repository with one commit."""

    def copy(source: Path) -> Path:
        root = tmp_path / source.name
        shutil.copytree(source, root)
        for arguments in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "First"]):
            subprocess.run([*GIT, *arguments], cwd=root, check=True)
        return root

    return copy

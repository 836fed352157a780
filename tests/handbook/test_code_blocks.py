"""What the documentation tells to type does what it says: its code blocks are run."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from suites.documented_code import FENCE, Script, run_script, scripts
from suites.running_cluster import RunningCluster, cluster_in, needs_linux

ALL = [script for script in scripts() if script.place != "first"]
MARKS = {"real": [needs_linux, pytest.mark.linux]}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("script", [pytest.param(one, marks=MARKS.get(one.place, []), id=one.name) for one in ALL])
def test_the_code_blocks_of_a_page_run(script: Script, tmp_path: Path) -> None:
    home, folder = tmp_path / "cluster", tmp_path / "folder"
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        if script.place == "alone":
            stack.callback(RunningCluster(home, 0).wherry, "down", "--delete-data", "--yes", check=False)
        else:
            options = () if script.place == "real" else ("--no-real-node", "--simulated-nodes", "3")
            stack.enter_context(cluster_in(home, *options))
        done = run_script(script.text(folder), folder, home)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guides_have_code_that_runs() -> None:
    pages = {script.page.name for script in ALL}
    guides = {path.name for path in (Path(__file__).parents[2] / "docs" / "guides").glob("*.md")}
    assert guides <= pages


def test_a_page_that_does_not_do_what_it_says_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```sh run\nwherry picture --sideways\n```\n```sh\nnot run\n```\n")
    block = FENCE.search((tmp_path / "page.md").read_text())
    assert block is not None
    (script,) = scripts(tmp_path)
    done = run_script(script.text(tmp_path), tmp_path, tmp_path / "none")
    assert done.returncode == 2
    assert "--sideways" in done.stderr

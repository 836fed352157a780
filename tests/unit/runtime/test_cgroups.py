"""Ending a control group ends its processes, and never the one that ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wherry.kit.linux.cgroups_detect import CgroupLayout, CgroupMode
from wherry.runtime.oci.cgroups import Cgroups, CgroupsV1, CgroupsV2
from wherry.runtime.oci.container import Machine
from wherry.runtime.oci.paths import Paths
from wherry.runtime.oci.program import OciProgram

pytestmark = pytest.mark.linux

CONTAINER = "c1"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What is sent a SIGKILL; this process is spared, so that a failing test can say so."""
    pids: list[int] = []
    really = os.kill

    def kill(pid: int, number: int) -> None:
        pids.append(pid)
        if pid != os.getpid():
            really(pid, number)

    monkeypatch.setattr(os, "kill", kill)
    return pids


def version_1(root: Path, pids: str) -> CgroupsV1:
    group = root / "pids" / "wherry" / CONTAINER
    group.mkdir(parents=True)
    (group / "pids.max").write_text("max")
    (group / "cgroup.procs").write_text(pids)
    return CgroupsV1({"pids": root / "pids"}, "wherry", own=True)


def version_2(root: Path, pids: str) -> CgroupsV2:
    group = root / "wherry" / CONTAINER
    group.mkdir(parents=True)
    (group / "cgroup.kill").touch()
    (group / "cgroup.procs").write_text(pids)
    return CgroupsV2(root, "wherry")


@pytest.mark.parametrize("make", [version_1, version_2])
def test_a_group_that_lists_this_process_is_ended_without_it(
    tmp_path: Path, make: Callable[[Path, str], Cgroups], child: subprocess.Popen[bytes], killed: list[int]
) -> None:
    groups = make(tmp_path, f"{os.getpid()}\n{child.pid}\n")
    groups.kill(CONTAINER)
    assert killed == [child.pid]
    assert child.wait(timeout=10) == -signal.SIGKILL
    for file in tmp_path.rglob("cgroup.kill"):
        assert file.read_text() == "", "one write would have ended this process too"


def test_version_2_ends_a_group_with_one_write(tmp_path: Path, killed: list[int]) -> None:
    groups = version_2(tmp_path, "")
    groups.kill(CONTAINER)
    assert (tmp_path / "wherry" / CONTAINER / "cgroup.kill").read_text() == "1"
    assert killed == []


def test_a_command_in_a_container_joins_the_groups_in_its_own_process(tmp_path: Path) -> None:
    """A thread of this process in the group would make the kernel list this process there."""
    groups = version_1(tmp_path, "")
    program = OciProgram("crun", "/usr/bin/crun", "1.8", tmp_path, own_cgroups=True)
    machine = Machine(
        paths=Paths(tmp_path / "state", tmp_path / "run"),
        program=program,
        monitor="/usr/bin/conmon",
        layout=CgroupLayout(CgroupMode.V1, {"pids": tmp_path / "pids"}, None),
        cgroups=groups,
        capabilities=(),
        own_oom_score_adj=0,
        hostname="here",
    )
    argv = machine.argv_inside(CONTAINER, "exec", "--process=p.json", CONTAINER)
    assert argv == [str(machine.paths.launcher), CONTAINER, *program.argv("exec", "--process=p.json", CONTAINER)[1:]]
    assert f"echo 0 > '{tmp_path}/pids/wherry'/\"$1\"/tasks" in groups.launcher()
    assert not hasattr(groups, "enter")

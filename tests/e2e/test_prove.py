"""`wherry prove` on a real cluster: a twin is tried, the proof is kept, and nothing is left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.running_cluster import RunningCluster, needs_linux

pytestmark = [pytest.mark.linux, needs_linux]

NAME = "proved"


def wherry(cluster: RunningCluster, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wherry", "--home", str(cluster.home), *arguments],
        cwd=folder, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def service(cluster: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("proved") / NAME
    for place, command in (
        (folder.parent, ["new", NAME]),
        (folder, ["image", "build", "database"]),
        (folder, ["build"]),
    ):
        done = wherry(cluster, place, *command)
        assert done.returncode == 0, done.stderr
    subprocess.run(["sh", "deploy/make-secrets"], cwd=folder, check=True, capture_output=True)
    done = wherry(cluster, folder, "release", "--env", "dev")
    assert done.returncode == 0, done.stderr
    yield folder
    cluster.kubectl("delete", "namespace", f"{NAME}-dev", "--wait=false")


def twins(cluster: RunningCluster) -> list[str]:
    """Twins that nobody has told to go."""
    found = cluster.get("namespaces", "-l", f"wherry.dev/task=prove,wherry.dev/service={NAME}")["items"]
    assert isinstance(found, list)
    return [space["metadata"]["name"] for space in found if "deletionTimestamp" not in space["metadata"]]


def test_a_factor_is_proved_on_a_twin_that_is_gone_afterwards(cluster: RunningCluster, service: Path) -> None:
    done = wherry(cluster, service, "prove", "logs")
    assert done.returncode == 0, done.stderr
    assert "Logs: Proved." in done.stdout
    assert twins(cluster) == []
    proofs = cluster.get("-n", f"{NAME}-dev", "proofs")["items"]
    assert isinstance(proofs, list)
    assert [one["spec"]["verdict"] for one in proofs if one["spec"]["criterion"] == "logs"] == ["Proved"]
    timeline = next(one["spec"]["timeline"] for one in proofs if one["spec"]["criterion"] == "logs")
    assert sum(timeline["requests"]) > 0, "what came in while it was tried is kept"
    assert max(timeline["ready"]) == 1
    board = json.loads(wherry(cluster, service, "done", "-o", "json").stdout)
    words = {entry["criterion"]: entry["verdict"] for entry in board["verdicts"]}
    assert (words["logs"], words["processes"]) == ("Proved", "Supported")


def test_a_release_is_rolled_back_fenced_in_and_refuses_to_be_changed(cluster: RunningCluster, service: Path) -> None:
    done = wherry(cluster, service, "prove", "build-release-run")
    assert done.returncode == 0, done.stderr
    (proof,) = service.glob(".wherry/local/proofs/*build-release-run*.json")
    found = json.loads(proof.read_text())
    said = " ".join(entry["says"] for entry in found["observations"])
    assert found["verdict"] == "Proved"
    assert "a change of the release was refused" in said.lower()
    assert "2 of 2 answers are equal" in said
    assert len(found["steps"]) >= 4


@pytest.mark.parametrize(
    ("number", "code", "factor", "moment"),
    [
        (signal.SIGINT, 130, "backing-services", f"{NAME}-db-second"),
        (signal.SIGTERM, 143, "disposability", "pods are ready"),
    ],
)
def test_an_interrupted_experiment_leaves_nothing_behind(
    cluster: RunningCluster, service: Path, number: signal.Signals, code: int, factor: str, moment: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "wherry", "--home", str(cluster.home), "prove", factor],
        cwd=service, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            if moment in line:
                break
        process.send_signal(number)
        assert process.wait(timeout=30) == code
    assert twins(cluster) == []


def test_what_cannot_be_tried_is_said_without_a_traceback(cluster: RunningCluster, service: Path) -> None:
    done = wherry(cluster, service, "prove", "lgos")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "one of: " in done.stderr
    assert "port-binding" in done.stderr

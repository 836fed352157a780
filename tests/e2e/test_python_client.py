"""The official Python client, as any program would use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from suites import running_cluster
from suites.running_cluster import IMAGE, RunningCluster, needs_linux

pytestmark = [needs_linux, pytest.mark.linux]

PROGRAM = Path(running_cluster.__file__).with_name("python_client_program.py")


def test_the_official_client_deploys_watches_reads_logs_and_runs_a_command(
    cluster: RunningCluster, namespace: str
) -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, cluster.kubeconfig, namespace, IMAGE],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

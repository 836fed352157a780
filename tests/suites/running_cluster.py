"""A real cluster for the tests that need one: `wherry up` in a folder of its own, on a free port."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHERRY = [sys.executable, "-m", "wherry"]
IMAGE = "toolbox:1"

needs_linux = pytest.mark.skipif(
    os.geteuid() != 0 or not (shutil.which("crun") or shutil.which("runc")),
    reason="starting containers needs root and crun",
)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class RunningCluster:
    """One cluster: its folder, and the two programs that people use on it."""

    home: Path
    port: int
    prefix: tuple[str, ...] = ()

    @property
    def kubeconfig(self) -> Path:
        return self.home / "kubeconfig"

    @property
    def pid(self) -> int:
        return int((self.home / "wherry.pid").read_text())

    def wherry(
        self, *arguments: str, check: bool = True, timeout_s: float = 90, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.prefix, *WHERRY, "--home", str(self.home), *arguments],
            capture_output=True, text=True, timeout=timeout_s, check=check, cwd=cwd,
        )  # fmt: skip

    def kubectl(
        self, *arguments: str, text: str | None = None, check: bool = True, timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(Path(sys.executable).parent / "kubectl"), *arguments],
            input=text, capture_output=True, text=True, timeout=timeout_s, check=False,
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.home)},
        )  # fmt: skip
        assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done

    def get(self, *arguments: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.kubectl("get", *arguments, "-o", "json").stdout)
        return found

    def jsonpath(self, thing: str, path: str, namespace: str = "default") -> str:
        return self.kubectl("-n", namespace, "get", thing, "-o", f"jsonpath={path}").stdout

    def make_namespace(self, name: str) -> str:
        manifest = json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self.kubectl("create", "-f", "-", text=manifest)
        return name

    def build_toolbox(self) -> None:
        self.wherry("image", "build", str(ROOT / "examples" / "toolbox"))


@contextlib.contextmanager
def cluster_in(home: Path, *options: str, prefix: tuple[str, ...] = ()) -> Iterator[RunningCluster]:
    """A cluster started with these options; `prefix` is the command that starts its commands."""
    cluster = RunningCluster(home, free_port(), prefix)
    up = cluster.wherry("up", "--port", str(cluster.port), *options, check=False)
    try:
        assert up.returncode == 0, up.stderr + up.stdout
        yield cluster
    finally:
        cluster.wherry("down", "--delete-data", "--yes", check=False)

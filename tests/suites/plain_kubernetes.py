"""A second cluster that is any Kubernetes: real nodes and containers, and nothing of Wherry's own to be reached.

Its people come in by the kubeconfigs of `admin()` and `owner_of(namespace)`, through the door of front_door.py.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from suites.front_door import OWNER
from suites.running_cluster import ROOT, WHERRY, RunningCluster, cluster_in
from wherry.client.kubeconfig import load_kubeconfig, write_kubeconfig
from wherry.kit import pki
from wherry.kit.http.tls import KeyPair


@dataclass
class PlainKubernetes:
    """The cluster behind the door, the door, and a folder for the kubeconfigs.

    `behind` is for what somebody else does there: bringing images to its nodes, looking without a door.
    """

    behind: RunningCluster
    folder: Path
    has_rules: bool = True
    lacks: str = ""
    port: int = 0
    _door: subprocess.Popen[str] | None = None
    _ca: KeyPair = field(default_factory=lambda: pki.create_ca("plain"))

    def open(self) -> None:
        """Open the door, on the port that it had before."""
        identity = pki.issue(self._ca, "plain", ips=["127.0.0.1"], server=True)
        pem = self.folder / "door.pem"
        pem.touch(mode=0o600)
        pem.write_bytes(identity.cert_pem + identity.key_pem)
        options = [f"--port={self.port}", f"--to=127.0.0.1:{self.behind.port}", f"--admin={self.behind.kubeconfig}",
                   f"--identity={pem}", f"--lacks={self.lacks}"]  # fmt: skip
        self._door = subprocess.Popen(
            [sys.executable, "-m", "suites.front_door", *options, *["--no-rules"] * (not self.has_rules)],
            stdout=subprocess.PIPE, text=True, cwd=self.folder,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'src'}"},
        )  # fmt: skip
        assert self._door.stdout is not None
        self.port = int(self._door.stdout.readline())

    def close(self) -> None:
        """Close the door: the cluster is away now."""
        if self._door is not None:
            assert self._door.stdout is not None
            self._door.kill()
            self._door.stdout.close()
            self._door.wait(10)
            self._door = None

    def admin(self) -> Path:
        """The kubeconfig of its administrator."""
        path = self.folder / "admin.kubeconfig"
        return path if path.exists() else self._kubeconfig(path, self._user("root", "--role", "cluster-admin"), "")

    def owner_of(self, namespace: str) -> Path:
        """The kubeconfig of somebody who has everything in one namespace, and nothing beside it."""
        path = self.folder / f"{namespace}.kubeconfig"
        if path.exists():
            return path
        self.behind.make_namespace(namespace)
        made = self._user(f"{OWNER}{namespace}", "--role", "admin", "-n", namespace)
        return self._kubeconfig(path, made, namespace)

    def _user(self, name: str, *options: str) -> Path:
        return Path(self.behind.wherry("user", "add", name, *options).stdout.strip())

    def _kubeconfig(self, path: Path, made: Path, namespace: str) -> Path:
        known = load_kubeconfig(made)
        write_kubeconfig(
            path, server=f"https://127.0.0.1:{self.port}", ca_pem=self._ca.cert_pem, user=known.user,
            client_identity=known.client_identity, cluster_name="theirs", namespace=namespace,
        )  # fmt: skip
        return path

    def start(self, kubeconfig: Path, *words: str, cwd: Path, home: Path) -> subprocess.Popen[str]:
        """The same, while it runs; what it tells is on its standard error."""
        return subprocess.Popen(
            [*WHERRY, "--home", str(home), *words], cwd=cwd, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "KUBECONFIG": str(kubeconfig)},
        )  # fmt: skip

    def wherry(
        self, kubeconfig: Path, *words: str, cwd: Path | None = None, home: Path | None = None, timeout_s: float = 90
    ) -> subprocess.CompletedProcess[str]:
        """A command of somebody who has no cluster of Wherry, with KUBECONFIG as their only way."""
        done = subprocess.run(
            [*WHERRY, "--home", str(home or self.folder / "nothing"), *words],
            capture_output=True, text=True, timeout=timeout_s, check=False, cwd=cwd or self.folder,
            env={**os.environ, "KUBECONFIG": str(kubeconfig)},
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        assert "W0501" not in done.stderr, done.stderr
        return done


@contextlib.contextmanager
def plain_kubernetes(folder: Path, *options: str, has_rules: bool = True, lacks: str = "") -> Iterator[PlainKubernetes]:
    """One that goes away with the block; options as for `wherry up`."""
    with cluster_in(folder / "behind", *options) as behind:
        plain = PlainKubernetes(behind, folder, has_rules, lacks)
        plain.open()
        try:
            yield plain
        finally:
            plain.close()

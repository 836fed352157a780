"""`wherry notify` as somebody runs it: a webhook hears of a pod that no node can take."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue

import pytest

from suites.running_cluster import WHERRY, RunningCluster, cluster_in

GOT: Queue[dict[str, str]] = Queue()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        GOT.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing."""


@pytest.fixture
def webhook() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/room"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[RunningCluster]:
    with cluster_in(tmp_path / "home", "--no-real-node", "--simulated-nodes", "1") as running:
        yield running


def test_a_webhook_hears_once_of_what_needs_help(cluster: RunningCluster, webhook: str) -> None:
    cluster.kubectl("run", "lost", "--image=x", '--overrides={"spec":{"nodeSelector":{"is":"nowhere"}}}')
    command = [*WHERRY, "--home", str(cluster.home), "notify", "--webhook", webhook]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as telling:
        told = GOT.get(timeout=60)
        telling.send_signal(signal.SIGINT)
        said, _ = telling.communicate(timeout=20)
    assert (told["state"], told["thing"], told["namespace"]) == ("started", "pod/lost", "default")
    assert told["sentence"] == "Pod lost needs help: no node can take it."
    assert told["next"] == "wherry why lost"
    assert said.splitlines()[0] == f"{webhook.removesuffix('/room')} hears of what needs help from now on."
    assert said.splitlines()[-1].endswith("! Pod lost needs help: no node can take it. Next: wherry why lost")
    assert GOT.empty()

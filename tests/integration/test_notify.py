"""`wherry notify` as somebody runs it: a webhook hears of a pod that no node can take."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import threading
import time
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


def test_the_masters_tell_it_by_themselves_once_they_know_whom(cluster: RunningCluster, webhook: str) -> None:
    name = webhook.removesuffix("/room")
    assert cluster.wherry("notify").stdout.startswith("The masters tell nobody")
    assert cluster.wherry("notify", "--test", check=False).returncode == 2
    said = cluster.wherry("notify", "--masters", "--webhook", webhook).stdout
    assert said.splitlines()[0] == f"The masters tell {name} from now on, as long as they run."
    cluster.kubectl("run", "lost", "--image=x", '--overrides={"spec":{"nodeSelector":{"is":"nowhere"}}}')
    assert cluster.wherry("notify", "--test").stdout.startswith(f"{name} has taken a message.")
    assert GOT.get(timeout=20)["thing"] == "trial"
    told = GOT.get(timeout=60)
    assert (told["state"], told["thing"], told["next"]) == ("started", "pod/lost", "wherry why lost")
    statuses = {one["metadata"]["name"]: one["conditions"][0] for one in cluster.get("componentstatuses")["items"]}  # type: ignore[attr-defined]
    assert statuses["notices"]["status"] == "True"
    assert f"The masters tell {name}" in cluster.wherry("notify").stdout
    assert "webhook: takes the masters' messages" in cluster.wherry("doctor", "--plain", check=False).stdout
    assert cluster.wherry("notify", "--stop").stdout.startswith("The masters tell nobody any more.")
    assert GOT.empty()


def test_what_was_told_is_not_told_again_by_masters_that_were_killed(cluster: RunningCluster, webhook: str) -> None:
    cluster.wherry("notify", "--masters", "--webhook", webhook)
    nowhere = '--overrides={"spec":{"nodeSelector":{"is":"nowhere"}}}'
    cluster.kubectl("run", "lost", "--image=x", nowhere)
    assert GOT.get(timeout=60)["thing"] == "pod/lost"
    # It has heard it; that it has taken it is known a moment later.
    told = cluster.home / "notices.json"
    until_s = time.monotonic() + 20
    while not (told.exists() and '"lost"' in told.read_text()):
        assert time.monotonic() < until_s
        time.sleep(0.02)
    killed = os.pidfd_open(cluster.pid)
    os.kill(cluster.pid, signal.SIGKILL)
    select.select([killed], [], [], 20)
    os.close(killed)
    cluster.wherry("up", "--port", str(cluster.port), "--no-real-node", "--simulated-nodes", "1")
    cluster.kubectl("run", "stray", "--image=x", nowhere)
    assert GOT.get(timeout=60)["thing"] == "pod/stray"
    assert GOT.empty()


def test_a_webhook_that_cannot_be_reached_is_told_where_people_look(cluster: RunningCluster) -> None:
    cluster.wherry("notify", "--masters", "--webhook", "http://127.0.0.1:9/secret")
    refused = cluster.wherry("notify", "--test", check=False)
    assert (refused.returncode, "W0228" in refused.stderr, "secret" in refused.stderr) == (1, True, False)
    cluster.kubectl("run", "lost", "--image=x", '--overrides={"spec":{"nodeSelector":{"is":"nowhere"}}}')
    cluster.kubectl("wait", "componentstatus/notices", "--for=jsonpath={.conditions[0].status}=False", "--timeout=60s")
    status = cluster.wherry("status").stdout
    assert "  Not all was told: http://127.0.0.1:9 has not taken a message at " in status
    assert "secret" not in status + cluster.wherry("notify").stdout + (cluster.home / "wherry.log").read_text()

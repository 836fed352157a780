"""A waiver that somebody makes in the page is one for the board, the report and the gate, to its last day."""

from __future__ import annotations

import datetime
import http.cookiejar
import json
import ssl
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suites.running_cluster import RunningCluster

SERVICE, SPACE, RELEASE = "parcels", "parcels-dev", "parcels-r1"
AUTHOR = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")


@dataclass
class Parcels:
    """A service that writes a log file; one release of it stands in dev as if it ran."""

    cluster: RunningCluster
    folder: Path

    def wherry(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self.cluster.wherry(*arguments, check=False, cwd=self.folder)
        assert "Traceback" not in done.stderr
        return done

    def verdict(self, *command: str) -> str:
        document = json.loads(self.wherry(*command).stdout)
        return next(str(one["verdict"]) for one in document["verdicts"] if one["criterion"] == "logs")

    def held_back(self) -> bool:
        """Whether the gate before staging names it; else it is promoted, with a word of what it goes without."""
        done = self.wherry("promote", "dev", "staging")
        assert done.returncode in (0, 4), done.stderr
        assert (done.returncode == 4) == ("logs: Refuted" in done.stderr)
        assert (done.returncode == 0) == ("logs (waived)" in done.stderr), done.stderr
        return done.returncode == 4

    def send(self, action: str, **form: str) -> str:
        """Sign a browser in, and send a form of the page; what the page says then."""
        link = self.wherry("open").stdout.strip()
        own = ssl.create_default_context()
        own.check_hostname, own.verify_mode = False, ssl.CERT_NONE
        browser = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=own),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )
        browser.open(link, timeout=30).close()
        there = urllib.parse.urlsplit(link)
        site = f"https://{there.netloc}"
        target = {"namespace": SPACE, "release": RELEASE, "service": SERVICE, "criterion": "logs"}
        body = urllib.parse.urlencode(target | form).encode()
        request = urllib.request.Request(f"{site}/ui/actions/{action}", body, {"Origin": site})
        with browser.open(request, timeout=30) as answer:
            return str(answer.read().decode())


@pytest.fixture
def parcels(simulated: RunningCluster, tmp_path: Path) -> Iterator[Parcels]:
    made = Parcels(simulated, tmp_path / SERVICE)
    assert simulated.wherry("new", SERVICE, cwd=tmp_path).returncode == 0
    log = made.folder / "src" / SERVICE / "log.py"
    writes = '\n\nimport logging\n\nlogging.getLogger().addHandler(logging.FileHandler("/tmp/parcels.log"))\n'
    log.write_text(log.read_text() + writes)
    subprocess.run(["git", *AUTHOR, "commit", "-qam", "Write the log into a file"], cwd=made.folder, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=made.folder, capture_output=True, text=True, check=True)
    simulated.make_namespace(SPACE)
    made.wherry("contract", "setup")
    release = {
        "apiVersion": "wherry.dev/v1",
        "kind": "Release",
        "metadata": {"name": RELEASE, "namespace": SPACE, "labels": {"wherry.dev/service": SERVICE}},
        "spec": {
            "service": SERVICE, "number": 1, "environment": "dev", "image": f"{SERVICE}:1",
            "digest": "sha256:" + "ab" * 32, "revision": head.stdout.strip(),
        },
    }  # fmt: skip
    simulated.kubectl("create", "-f", "-", text=json.dumps(release))
    patch = json.dumps({"status": {"state": "Running"}})
    simulated.kubectl(
        "-n", SPACE, "patch", f"release.wherry.dev/{RELEASE}", "--subresource=status", "--type=merge", "-p", patch
    )
    yield made
    simulated.kubectl("delete", "namespace", SPACE, f"{SERVICE}-staging", "--ignore-not-found")


def test_a_waiver_from_the_page_counts_everywhere_to_its_last_day_and_then_no_more(parcels: Parcels) -> None:
    assert parcels.verdict("done", "-o", "json") == "Refuted"
    assert parcels.held_back()

    today = datetime.datetime.now(tz=datetime.UTC).date()
    page = parcels.send("waive", why="the disk is large", until=today.isoformat())
    assert f"Waived by kubernetes-admin until {today}: the disk is large." in page
    board = parcels.wherry("done")
    assert f"kubernetes-admin has waived logs on the board, until {today}: the disk is large" in board.stderr
    assert parcels.verdict("done", "-o", "json") == "Waived"
    assert parcels.verdict("report", "--format", "json") == "Waived"
    assert not parcels.held_back()

    # The day after: what the page has kept is the same, and it is over.
    yesterday = (today - datetime.timedelta(days=1)).isoformat()
    over = {"criterion": "logs", "who": "kubernetes-admin", "why": "the disk is large", "until": yesterday}
    patch = json.dumps({"data": {"waiver.logs": json.dumps(over)}})
    parcels.cluster.kubectl("-n", SPACE, "patch", "configmap", f"{SERVICE}-done", "--type=merge", "-p", patch)
    assert parcels.verdict("done", "-o", "json") == "Refuted"
    assert parcels.verdict("report", "--format", "json") == "Refuted"
    assert "has waived logs" not in parcels.wherry("done").stderr
    assert parcels.held_back()


def test_a_waiver_that_is_ended_in_the_page_counts_no_more(parcels: Parcels) -> None:
    assert parcels.wherry("done").returncode == 1
    parcels.send("waive", why="the disk is large", until="2100-01-31")
    assert parcels.verdict("done", "-o", "json") == "Waived"
    parcels.send("unwaive")
    assert parcels.verdict("done", "-o", "json") == "Refuted"
    assert parcels.held_back()

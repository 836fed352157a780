"""From an empty folder to production, back again, and by file to another cluster: always the same image."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from suites.running_cluster import WHERRY, RunningCluster, cluster_in, needs_linux
from wherry.client.client import Client
from wherry.client.kubeconfig import transport_from_kubeconfig
from wherry.kit.clock import SystemClock
from wherry.method.journey.play import Play, play
from wherry.method.journey.proxy import service_calls
from wherry.method.journey.script import read_journey

pytestmark = [pytest.mark.linux, needs_linux, pytest.mark.timeout(300)]

PLAYS = 20
OWN = frozenset(("id", "made_by"))
"""What is different in every row, and says nothing about the service."""


@dataclass
class Harbour:
    """A skeleton called `harbour`, the cluster it is on, and how long each stage took."""

    cluster: RunningCluster
    folder: Path
    took_s: dict[str, float] = field(default_factory=dict)
    told: str = ""

    def do(self, *words: str, offline: bool = False, cluster: RunningCluster | None = None) -> str:
        started_s = time.monotonic()
        prefix = ["unshare", "--net"] if offline else []
        home = (cluster or self.cluster).home
        done = subprocess.run(
            [*prefix, *WHERRY, "--home", str(home), *words],
            cwd=self.folder if self.folder.is_dir() else self.folder.parent,
            capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        self.took_s[" ".join(words[:4])] = time.monotonic() - started_s
        self.told = done.stderr
        return done.stdout

    def contract(self, service: str, user: str, verb: str) -> str:
        """As one of a team, with the rights of that person."""
        where = ("--project", str(self.folder.parent / service))
        who = str(self.cluster.home / "users" / f"{user}.kubeconfig")
        return self.do("contract", verb, *where, "--kubeconfig", who)

    def left_of_the_timebox(self) -> set[str]:
        """What the timebox has as open, by title."""
        home = ("--home", str(self.cluster.home))
        done = subprocess.run(
            [*WHERRY, *home, "timebox"],
            cwd=self.folder, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stdout + done.stderr
        kept = self.cluster.get("timebox", "harbour")["status"]
        assert isinstance(kept, dict)
        return set(kept["open"])

    def running(self, environment: str, cluster: RunningCluster | None = None) -> dict[str, str]:
        """What all pods of the service are that stay: their image, what it is on the node, their template's hash."""
        namespace = f"harbour-{environment}"
        found = (cluster or self.cluster).get("-n", namespace, "pods", "-l", "app=harbour")["items"]
        assert isinstance(found, list)
        pods = [one for one in found if "deletionTimestamp" not in one["metadata"]]
        (facts,) = {
            (one["spec"]["containers"][0]["image"], one["status"]["containerStatuses"][0]["imageID"],
             one["metadata"]["labels"]["pod-template-hash"])
            for one in pods
        }  # fmt: skip
        return dict(zip(("image", "id", "hash"), facts, strict=True))

    def plays(self, environment: str, count: int, cluster: RunningCluster | None = None) -> list[list[object]]:
        """The journey, so many times: each answer without what is different in every row."""
        where = cluster or self.cluster

        async def all_of_them() -> list[Play]:
            transport = transport_from_kubeconfig(where.kubeconfig)
            try:
                call = await service_calls(Client(transport), f"harbour-{environment}", "harbour")
                journey = read_journey(self.folder, "do-x")
                # The same words each time: they are the service's own, so that answers can be compared.
                return [await play(journey, call, SystemClock(), "again") for _ in range(count)]
            finally:
                await transport.close()
                # The loop ends with this function, and TLS says good-bye first.
                await asyncio.sleep(0.05)

        played = asyncio.run(all_of_them())
        assert all(one.went_as_told for one in played), [one.trouble for one in played]
        return [[without_own(one.answer) for one in each.results if "items" not in str(one.answer)] for each in played]


def commit(folder: Path, message: str) -> None:
    who = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")
    subprocess.run(["git", *who, "commit", "-qam", message], cwd=folder, check=True)


def without_own(answer: object) -> object:
    assert isinstance(answer, dict)
    return {key: value for key, value in answer.items() if key not in OWN and not key.endswith("_at")}


@pytest.fixture(scope="module")
def harbour(cluster: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    made = Harbour(cluster, tmp_path_factory.mktemp("empty") / "harbour")
    made.do("new", "harbour", "--timebox", "4h", "--team", "sea", offline=True)
    made.do("build", offline=True)
    made.do("release", "--env", "dev")
    made.do("run", "--in", "dev")
    made.do("demo", "do-x", "--in", "dev")
    yield made
    for namespace in (*(f"harbour-{name}" for name in ("dev", "staging", "prod")), "pilot-dev"):
        cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


def test_from_an_empty_folder_to_production_by_one_image_and_back_to_what_it_was(
    harbour: Harbour, capsys: pytest.CaptureFixture[str]
) -> None:
    to_a_row_s = sum(harbour.took_s.values())
    first = harbour.running("dev")
    harbour.do("promote", "dev", "staging")
    assert "parity" not in harbour.told, "the overlays were rendered, so what differs is known"
    harbour.do("promote", "staging", "prod")
    read = harbour.cluster.kubectl("-n", "harbour-prod", "get", "configmaps", "-o", "name").stdout
    assert "configmap/harbour-done" in read, "the page of prod has no repository, and judges by what was read here"
    assert {harbour.running(name)["id"] for name in ("staging", "prod")} == {first["id"]}
    before, answers = harbour.running("prod"), harbour.plays("prod", 3)

    config = harbour.folder / "deploy" / "overlays" / "prod" / "config.env"
    config.write_text(config.read_text().replace("GREETING=", "GREETING=another "))
    app = harbour.folder / "src" / "harbour" / "app.py"
    app.write_text(f"{app.read_text()}\n# A line more: another image.\n")
    commit(harbour.folder, "Say something else")
    harbour.do("build", offline=True)
    harbour.do("release", "--env", "prod")
    harbour.do("run", "--in", "prod")
    after = harbour.running("prod")
    assert after["hash"] != before["hash"]
    assert after["id"] != before["id"]
    harbour.do("rollback", "--in", "prod", "--yes")
    assert harbour.running("prod") == before
    assert harbour.plays("prod", 3) == answers
    with capsys.disabled():
        sys.stdout.write(f"\n  from an empty folder to a row: {to_a_row_s:.1f} s\n")
        for stage, took_s in harbour.took_s.items():
            sys.stdout.write(f"    wherry {stage:<28} {took_s:6.2f} s\n")


def test_a_release_is_carried_by_file_and_does_the_same_on_a_second_cluster_twenty_times(
    harbour: Harbour, tmp_path: Path
) -> None:
    file = tmp_path / "harbour-r1.tar"
    harbour.do("export", "harbour-r1", str(file))
    here = harbour.plays("dev", PLAYS)
    with cluster_in(tmp_path / "second") as second:
        harbour.do("import", str(file), cluster=second)
        harbour.do("run", "harbour-r1", "--in", "dev", cluster=second)
        assert harbour.running("dev", second) == harbour.running("dev")
        there = harbour.plays("dev", PLAYS, second)
        assert there == here
        assert here == [here[0]] * PLAYS

        # And by kubectl alone, as the README in the file says: nothing of Wherry's own kinds is needed.
        second.kubectl("delete", "namespace", "harbour-dev")
        second.kubectl("create", "namespace", "harbour-dev")
        for document in ("secrets.yaml", "manifests.yaml"):
            text = content(file, document)
            second.kubectl("-n", "harbour-dev", "apply", "--server-side", "-f", "-", text=text)
        second.kubectl("-n", "harbour-dev", "create", "job", "--from=cronjob/harbour-migrate", "migrate-1")
        second.kubectl("-n", "harbour-dev", "rollout", "status", "deployment/harbour", "--timeout=60s")
        second.kubectl("-n", "harbour-dev", "wait", "job/migrate-1", "--for=condition=Complete", "--timeout=60s")
        assert harbour.running("dev", second)["id"] == harbour.running("dev")["id"]
        assert harbour.plays("dev", 1, second) == here[:1]


def test_the_timebox_goes_to_twelve_of_twelve_by_what_two_teams_have_done(harbour: Harbour) -> None:
    cluster, folder = harbour.cluster, harbour.folder
    for earlier, later in (("dev", "staging"), ("staging", "prod")):
        if not cluster.kubectl("-n", f"harbour-{later}", "get", "deployment/harbour", check=False).stdout:
            harbour.do("promote", earlier, later)
    left = harbour.left_of_the_timebox()
    assert {"A pod was killed, and it healed", "A second party has agreed", "A demo was held"} <= left

    # Somebody of another team needs it: each signs with a certificate of their own, for their own team.
    pilot = folder.parent / "pilot"
    harbour.do("new", "pilot", "--with-contract-to", "harbour", "--into", str(pilot))
    cluster.make_namespace("pilot-dev")
    for service, user in (("harbour", "hanna"), ("pilot", "paul")):
        parties = folder.parent / service / "contracts" / "parties.yaml"
        parties.write_text(parties.read_text().replace("[sea]", "[hanna]").replace("[pilot]", "[paul]"))
        harbour.do("user", "add", user, "--role", "edit", "--namespace", f"{service}-dev")
        commit(folder.parent / service, f"Let {user} agree for the team")
    harbour.do("contract", "setup")
    harbour.contract("harbour", "hanna", "expose")
    harbour.contract("pilot", "paul", "propose")
    harbour.contract("harbour", "hanna", "agree")
    assert "A second party has agreed" in harbour.left_of_the_timebox(), "one signature is no agreement"
    harbour.contract("pilot", "paul", "agree")

    pod = cluster.kubectl("-n", "harbour-dev", "get", "pods", "-l", "app=harbour", "-o", "name").stdout.strip()
    cluster.kubectl("-n", "harbour-dev", "delete", pod)
    cluster.kubectl("-n", "harbour-dev", "rollout", "status", "deployment/harbour", "--timeout=60s")
    harbour.do("demo", "do-x", "--in", "prod")
    told = harbour.do("timebox")
    assert told.startswith("12 of 12 of the walking skeleton of harbour are done; 3 h ")
    assert told.rstrip().endswith("Next: show it to everybody")
    assert re.search(r"A second party has agreed +signed by pilot$", told, re.M)
    assert re.search(r"The same image runs in every environment +[0-9a-f]{12} in dev, staging and prod$", told, re.M)
    kept = cluster.get("timebox", "harbour")["status"]
    assert isinstance(kept, dict)
    assert (kept["done"], kept["total"], kept.get("open", [])) == (12, 12, [])


def content(file: Path, document: str) -> str:
    with tarfile.open(file) as archive:
        found = archive.extractfile(document)
        assert found is not None
        return found.read().decode()


def test_the_readme_of_a_carried_release_says_how_any_kubernetes_takes_it(harbour: Harbour, tmp_path: Path) -> None:
    file = tmp_path / "harbour-r1.tar"
    harbour.do("export", "harbour-r1", str(file))
    lines = [line.strip() for line in content(file, "README.md").splitlines() if line.startswith("    ")]
    copies = [line for line in lines if line.startswith("skopeo copy")]
    assert len(copies) == 2
    assert any("harbour-db:" in line for line in copies)
    commands = [line for line in lines if line.startswith(("tar ", "kubectl "))]
    with cluster_in(tmp_path / "plain", "--no-real-node", "--simulated-nodes", "1") as plain:
        script = "\n".join(commands).replace("FILE", str(file)).replace("REGISTRY", "registry.example.com/sea")
        done = subprocess.run(
            ["sh", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "KUBECONFIG": str(plain.kubeconfig),
                 "HOME": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        plain.kubectl("-n", "harbour-dev", "rollout", "status", "deployment/harbour", "--timeout=30s")
        objects = json.dumps(plain.get("-n", "harbour-dev", "deployments,statefulsets"))
        digest = harbour.running("dev")["image"].partition("@")[2]
        assert f"registry.example.com/sea/harbour@{digest}" in objects
        assert "registry.example.com/sea/harbour-db@sha256:" in objects

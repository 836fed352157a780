"""Build, release, run, promote, roll back: with real containers, as a team does it."""

from __future__ import annotations

import json
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suites.debian_registry import debian_registry, needs_registry
from suites.delivered_service import GreeterRepository
from suites.running_cluster import WHERRY, RunningCluster, cluster_in, needs_linux

pytestmark = [pytest.mark.linux, needs_linux]

HELLO = ["/bin/busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"]


@dataclass
class Team:
    """A repository and the cluster that its commands are about."""

    repository: GreeterRepository
    cluster: RunningCluster

    def wherry(self, *words: str, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        done = self.cluster.wherry(*words, check=False, cwd=self.repository.root)
        assert done.returncode == exit_code, f"wherry {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def say(self, *words: str) -> str:
        """What the command answers."""
        return self.wherry(*words).stdout

    def refused(self, *words: str, exit_code: int) -> str:
        """What the command complains about."""
        said = self.wherry(*words, exit_code=exit_code).stderr
        assert "Traceback" not in said
        assert "Do: " in said
        return said

    def page(self, environment: str) -> str:
        pod = ("exec", "deployment/greeter", "--", *HELLO)
        return self.cluster.kubectl("-n", f"greeter-{environment}", *pod).stdout

    def read(self, thing: str, path: str, environment: str = "dev") -> str:
        return self.cluster.jsonpath(thing, path, f"greeter-{environment}")

    def template_hash(self, release: str) -> str:
        selector = ("-l", f"wherry.dev/release={release}")
        path = "jsonpath={.items[*].metadata.labels.pod-template-hash}"
        return self.cluster.kubectl("-n", "greeter-dev", "get", "rs", *selector, "-o", path).stdout

    def releases(self) -> dict[str, dict[str, dict[str, object]]]:
        return {one["metadata"]["name"]: one for one in json.loads(self.say("releases", "-o", "json"))}


@pytest.fixture
def team(cluster: RunningCluster, tmp_path: Path) -> Iterator[Team]:
    team = Team(GreeterRepository(tmp_path / "greeter"), cluster)
    yield team
    for environment in ("dev", "staging"):
        cluster.kubectl("delete", "namespace", f"greeter-{environment}", "--ignore-not-found")


def test_a_commit_is_built_released_run_promoted_and_rolled_back(team: Team) -> None:
    digest = team.say("build").strip()
    assert team.say("build").strip() == digest
    assert team.say("release").startswith("greeter-r1 is made: greeter for dev.\n")
    assert "greeter-r1 already" in team.say("release")
    assert "greeter-r1 runs in dev" in team.say("run")
    assert team.page("dev") == "hello\n"
    assert team.read("pods", "{.items[0].spec.containers[0].image}") == f"greeter@{digest}"
    first = team.template_hash("greeter-r1")

    assert "greeter-r2 runs in staging" in team.say("promote", "dev", "staging")
    assert team.read("release/greeter-r2", "{.spec.digest}", "staging") == digest
    assert team.read("configmap/greeter", "{.data.GREETING}", "staging") == "hello from staging"

    team.repository.write("www/index.html", "bye\n")
    team.repository.commit("Say bye")
    assert team.say("build").strip() != digest
    team.say("release")
    team.say("run")
    assert team.page("dev") == "bye\n"
    assert team.template_hash("greeter-r3") != first

    assert "greeter-r1 runs in dev" in team.say("rollback")
    assert team.page("dev") == "hello\n"
    assert team.template_hash("greeter-r1") == first
    of_first = "{.items[?(@.metadata.labels.wherry\\.dev/release=='greeter-r1')].spec.containers[0].image}"
    assert set(team.read("pods", of_first).split()) == {f"greeter@{digest}"}
    known = team.releases()
    assert {name: one["status"]["state"] for name, one in known.items()} == {
        "greeter-r1": "Running", "greeter-r2": "Running", "greeter-r3": "Replaced",
    }  # fmt: skip
    assert known["greeter-r1"]["status"]["previous"] == "greeter-r3"
    assert "first that runs there" in team.refused("rollback", exit_code=1)
    change = '{"spec":{"digest":"sha256:' + "0" * 64 + '"}}'
    refused = team.cluster.kubectl(
        "-n", "greeter-dev", "patch", "release", "greeter-r1", "--type=merge", "-p", change, check=False
    )
    assert "a release never changes" in refused.stderr


def test_what_is_not_committed_is_refused_or_said(team: Team) -> None:
    team.repository.write("www/index.html", "draft\n")
    assert "www/index.html" in team.refused("build", exit_code=4)
    assert "the image says so" in team.wherry("build", "--allow-dirty").stderr
    assert "in no commit" in team.refused("release", exit_code=4)
    assert "from uncommitted code" in team.say("release", "--allow-dirty")


def test_a_migration_runs_first_from_the_same_image_and_a_failed_one_stops_the_run(team: Team) -> None:
    admin = '[admin]\nmigrate = ["/bin/busybox", "sh", "-c", "echo $GREETING; exit 0"]\n'
    team.repository.write("wherry.toml", (team.repository.root / "wherry.toml").read_text() + admin)
    team.repository.commit("Migrate")
    team.say("build")
    team.say("release")
    team.say("run")
    job = team.cluster.kubectl("-n", "greeter-dev", "logs", "job/greeter-r1-migrate").stdout
    assert job == "hello from dev\n"
    team.repository.replace("wherry.toml", "exit 0", "exit 3")
    team.repository.commit("Break the migration")
    team.say("release")
    said = team.refused("run", exit_code=1)
    assert "the migration of greeter-r2 has failed" in said
    assert "hello from dev" in said
    assert team.template_hash("greeter-r2") == ""
    assert team.releases()["greeter-r1"]["status"]["state"] == "Running"
    assert team.releases()["greeter-r2"]["status"]["state"] == "Failed"


def test_a_service_that_never_becomes_ready_says_why_and_what_to_do(team: Team) -> None:
    team.say("build")
    team.say("release")
    team.say("run")
    team.repository.replace("deploy/base/greeter.yaml", "path: /,", "path: /nowhere,")
    team.repository.commit("Ask for the wrong page")
    team.say("release")
    said = team.refused("run", "--timeout", "2", exit_code=5)
    assert "greeter-r2 has not become ready within 2 s" in said
    assert "readiness probe" in said
    assert "wherry rollback --in dev" in said
    assert team.page("dev") == "hello\n"
    team.say("rollback")
    team.repository.replace("deploy/base/greeter.yaml", "secretRef: {name: greeter}", "secretRef: {name: nobodys}")
    team.repository.commit("Ask for a secret that is not there")
    team.say("release")
    assert "its configuration is not complete" in team.refused("run", exit_code=1)
    assert "the twin did not become ready" in team.refused("prove", "logs", exit_code=1)
    twins = team.cluster.get("namespaces", "-l", "wherry.dev/task=prove,wherry.dev/service=greeter")["items"]
    assert isinstance(twins, list)
    assert [one for one in twins if "deletionTimestamp" not in one["metadata"]] == []


def test_what_a_release_lacks_is_deleted_and_what_others_made_stays(team: Team) -> None:
    extra = "- {name: old, literals: [A=b]}\nsecretGenerator:"
    team.repository.replace("deploy/overlays/dev/kustomization.yaml", "secretGenerator:", extra)
    team.repository.commit("Add a setting")
    team.say("build")
    team.say("release")
    team.say("run")
    team.cluster.kubectl("-n", "greeter-dev", "create", "configmap", "mine")
    assert team.read("configmap/old", "{.data.A}") == "b"
    team.repository.replace("deploy/overlays/dev/kustomization.yaml", extra, "secretGenerator:")
    team.repository.commit("Remove the setting")
    team.say("release")
    assert "ConfigMap old is not needed any more" in team.wherry("run").stderr
    left = team.cluster.kubectl("-n", "greeter-dev", "get", "configmap", "-o", "name").stdout
    assert "configmap/mine" in left
    assert "configmap/old" not in left


def test_a_run_that_is_interrupted_says_what_stays_and_can_be_repeated(team: Team) -> None:
    team.repository.replace("deploy/base/greeter.yaml", "path: /,", "path: /nowhere,")
    team.repository.commit("Ask for the wrong page")
    team.say("build")
    team.say("release")
    running = subprocess.Popen(
        [*WHERRY, "--home", str(team.cluster.home), "run"],
        cwd=team.repository.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stderr is not None
    said = running.stderr.readline()
    running.send_signal(signal.SIGINT)
    said += running.communicate(timeout=20)[1]
    assert running.returncode == 130
    assert "Interrupted" in said
    assert "Traceback" not in said
    assert team.releases()["greeter-r1"]["status"]["state"] == "Interrupted"
    team.repository.replace("deploy/base/greeter.yaml", "path: /nowhere,", "path: /,")
    team.repository.commit("Ask for the page")
    team.say("release")
    assert "greeter-r2 runs in dev" in team.say("run")


def test_bad_input_is_answered_with_the_way_out(team: Team, tmp_path: Path) -> None:
    team.repository.replace("image.toml", 'name = "greeter"', 'name = "greeter-unbuilt"')
    team.repository.commit("Take another name")
    assert "has not been built yet" in team.refused("release", exit_code=1)
    team.repository.replace("image.toml", 'name = "greeter-unbuilt"', 'name = "greeter"')
    team.repository.commit("Take the name again")
    assert "no environment" in team.refused("release", "--env", "moon", exit_code=2)
    assert "no release" in team.refused("run", "r99", exit_code=2)
    assert "nothing of greeter runs in dev" in team.refused("promote", "dev", "staging", exit_code=1)
    team.repository.write("deploy/overlays/dev/kustomization.yaml", "resources: [../../base")
    team.repository.commit("Break the overlay")
    team.say("build")
    assert "cannot be rendered" in team.refused("release", exit_code=1)
    (team.repository.root / "image.toml").unlink()
    assert "there is no image.toml" in team.refused("build", exit_code=2)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "image.toml").write_text('base = "programs"')
    nowhere = team.cluster.wherry("build", str(empty), check=False)
    assert (nowhere.returncode, "in no git repository" in nowhere.stderr) == (1, True)
    down = subprocess.run(
        [*WHERRY, "--home", str(tmp_path / "none"), "releases"],
        cwd=team.repository.root, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert (down.returncode, "there is no cluster" in down.stderr) == (3, True)


def test_a_release_is_carried_by_file_to_another_cluster_and_runs_there(team: Team, tmp_path: Path) -> None:
    digest = team.say("build").strip()
    team.say("release")
    team.say("run")
    file = tmp_path / "greeter-r1.tar"
    team.say("export", "greeter-r1", str(file))
    assert file.stat().st_mode & 0o077 == 0
    with tarfile.open(file) as archive:
        names = archive.getnames()
        readme = archive.extractfile("README.md")
        assert readme is not None
        assert b"skopeo copy --preserve-digests oci-archive:FILE:greeter:greeter-r1" in readme.read()
    assert f"blobs/sha256/{digest.removeprefix('sha256:')}" in names
    with cluster_in(tmp_path / "second") as second:
        assert "greeter-r1 is here: greeter for dev." in second.wherry("import", str(file), cwd=tmp_path).stdout
        assert "is here already" in second.wherry("import", str(file), cwd=tmp_path).stdout
        assert "greeter-r1 runs in dev" in second.wherry("run", "greeter-r1", cwd=tmp_path).stdout
        assert second.kubectl("-n", "greeter-dev", "exec", "deployment/greeter", "--", *HELLO).stdout == "hello\n"
        image = second.jsonpath("pods", "{.items[0].spec.containers[0].image}", "greeter-dev")
        assert image == f"greeter@{digest}"
    file.write_bytes(file.read_bytes().replace(b'"replicas":1', b'"replicas":9'))
    assert "its hashes differ" in team.refused("import", str(file), exit_code=4)
    file.write_text("nothing")
    assert "is not a file that" in team.refused("import", str(file), exit_code=2)


def state(team: Team, release: str) -> object:
    return team.releases()[release].get("status", {}).get("state")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline_s, "it has not come"


def test_a_saved_file_runs_within_a_second_through_the_real_stages(team: Team) -> None:
    developing = subprocess.Popen(
        [*WHERRY, "--home", str(team.cluster.home), "dev"],
        cwd=team.repository.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert developing.stdout is not None
    try:
        assert "Watching" in developing.stdout.readline()
        assert "greeter-r1 runs in dev" in developing.stdout.readline()
        took_ms = []
        for number in range(3):
            team.repository.write("www/index.html", f"draft {number}\n")
            said = developing.stdout.readline()
            took_ms.append(int(said.partition("dev: ")[2].partition(" ms")[0]))
            assert f"greeter-r{number + 2} runs in dev" in said
        assert team.page("dev") == "draft 2\n"
        assert min(took_ms) < 1000
        # A draft that never becomes ready is given up for the next one; what ran before it is run again.
        team.repository.replace("deploy/base/greeter.yaml", "path: /,", "path: /nowhere,")
        wait_for(lambda: "greeter-r5" in team.releases() and state(team, "greeter-r5") == "Starting")
        team.repository.replace("deploy/base/greeter.yaml", "path: /nowhere,", "path: /,")
        assert "greeter-r4 runs in dev" in developing.stdout.readline()
    finally:
        developing.send_signal(signal.SIGINT)
        developing.communicate(timeout=20)
    assert developing.returncode == 0
    # The committed one and the one that runs; drafts in between are gone, with the images that only they needed.
    assert set(team.releases()) == {"greeter-r1", "greeter-r4"}
    assert "greeter-r3" not in team.say("image", "list")
    assert team.page("dev") == "draft 2\n"


def test_somebody_with_a_namespace_and_no_more_releases_and_runs_there(team: Team) -> None:
    team.say("build")
    team.say("release")
    team.say("run")
    team.cluster.wherry("user", "add", "ana", "--role", "edit", "--namespace", "greeter-dev")
    kubeconfig = team.cluster.wherry("kubeconfig", "--user", "ana").stdout.strip()
    try:
        project = (team.repository.root / "wherry.toml").read_text()
        of_ana = f'[environments.dev]\nkubeconfig = "{kubeconfig}"'
        team.repository.write("wherry.toml", project.replace("[environments.dev]", of_ana))
        team.repository.write("www/index.html", "by ana\n")
        team.repository.commit("Let Ana do it")
        team.say("build")
        team.say("release")
        assert "greeter-r2 runs in dev" in team.say("run")
        assert team.page("dev") == "by ana\n"
        assert team.read("release/greeter-r2", "{.spec.by} {.status.by}") == "ana ana"
        assert "greeter-r1 runs in dev" in team.say("rollback")
    finally:
        team.cluster.wherry("user", "remove", "ana", "--yes")


def test_what_runs_here_is_promoted_to_another_cluster_by_digest(team: Team, tmp_path: Path) -> None:
    with cluster_in(tmp_path / "second", "--no-real-node", "--simulated-nodes", "1") as second:
        live = f'[environments.live]\noverlay = "deploy/overlays/staging"\nkubeconfig = "{second.kubeconfig}"\n'
        registry = 'registry = "registry.example.com/door"\n'
        project = (team.repository.root / "wherry.toml").read_text()
        team.repository.write("wherry.toml", project + live + registry)
        team.repository.commit("Go live elsewhere")
        digest = team.say("build").strip()
        team.say("release")
        team.say("run")
        done = team.wherry("promote", "dev", "live")
        assert "greeter-r2 runs in live" in done.stdout
        assert "takes the image from registry.example.com/door; you bring it there" in done.stderr
        image = second.jsonpath("pods", "{.items[0].spec.containers[0].image}", "greeter-live")
        assert image == f"registry.example.com/door/greeter@{digest}"
        assert set(team.releases()) == {"greeter-r1", "greeter-r2"}
        team.say("promote", "dev", "staging")
        assert "greeter-r3" in team.releases()
    said = team.wherry("releases")
    assert "The cluster of live does not answer" in said.stderr
    assert "greeter-r1" in said.stdout


@needs_registry
def test_an_environment_that_moves_to_another_cluster_gets_its_release_through_a_registry(
    team: Team, tmp_path: Path
) -> None:
    team.say("build")
    assert "greeter-r1 is made" in team.say("release", "--env", "staging")
    with debian_registry(tmp_path / "registry") as registry, cluster_in(tmp_path / "second") as second:
        project = (team.repository.root / "wherry.toml").read_text()
        overlay = 'overlay = "deploy/overlays/staging"\n'
        assert overlay in project
        elsewhere = f'kubeconfig = "{second.kubeconfig}"\nregistry = "{registry.host}/door"\n'
        team.repository.write("wherry.toml", project.replace(overlay, overlay + elsewhere))
        team.repository.commit("Staging is elsewhere now")
        # The release of before is for a cluster that is not asked any more.
        assert "greeter-r2 is made" in team.say("release", "--env", "staging")
        assert "greeter-r2 already" in team.say("release", "--env", "staging")
        said = team.refused("run", "greeter-r2", "--in", "staging", exit_code=1)
        assert "its image cannot be had" in said
        assert "wherry push greeter-r2" in said
        team.say("push", "greeter-r2")
        assert "greeter-r2 runs in staging" in team.say("run", "greeter-r2", "--in", "staging")
        assert second.kubectl("-n", "greeter-staging", "exec", "deployment/greeter", "--", *HELLO).stdout

"""The reading commands on a Kubernetes that is not ours: the plain API alone, with nothing of Wherry in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.running_cluster import WHERRY, RunningCluster, cluster_in

# What every Kubernetes has; the dashboard and whatever else is Wherry's own is refused on the way.
PLAIN_API = "^/(api|apis|version|openapi)(/.*|[?].*)?$"
WHY, DECISION = "wherry.dev/why", "wherry.dev/decision"
READING = [
    ["status"],
    ["picture"],
    ["next"],
    ["story"],
    ["why", "web"],
    ["show", "web"],
    ["tour"],
    ["word", "pod"],
]


class Foreign:
    """A cluster behind a door that lets only the plain API through, and the kubeconfig of that door."""

    def __init__(self, cluster: RunningCluster, port: int, folder: Path) -> None:
        self.cluster = cluster
        self.home = folder / "no-cluster"
        self.kubeconfig = folder / "foreign.kubeconfig"
        self.kubeconfig.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "theirs", "cluster": {"server": f"http://127.0.0.1:{port}"}},
                                 {"name": "gone", "cluster": {"server": "http://127.0.0.1:9"}}],
                    "users": [{"name": "me", "user": {}}],
                    "contexts": [{"name": name, "context": {"cluster": name, "user": "me"}}
                                 for name in ("theirs", "gone")],
                    "current-context": "theirs",
                }
            )
        )  # fmt: skip

    def wherry(self, *arguments: str, kubeconfig: str = "") -> subprocess.CompletedProcess[str]:
        named = {"KUBECONFIG": kubeconfig} if kubeconfig else {}
        return subprocess.run(
            [*WHERRY, "--home", str(self.home), *arguments],
            capture_output=True, text=True, timeout=60, check=False,
            env={**{name: value for name, value in os.environ.items() if name != "KUBECONFIG"}, **named},
        )  # fmt: skip


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foreign]:
    folder = tmp_path_factory.mktemp("foreign")
    with cluster_in(folder / "theirs", "--no-real-node", "--simulated-nodes", "2") as cluster:
        cluster.kubectl("create", "deployment", "web", "--image=web:1", "--replicas=3")
        cluster.kubectl("rollout", "status", "deployment/web")
        # Other masters do not write down why.
        cluster.kubectl("annotate", "events", "--all", f"{WHY}-", f"{DECISION}-")
        proxy = subprocess.Popen(
            [str(Path(sys.executable).parent / "kubectl"), "--kubeconfig", str(cluster.kubeconfig), "proxy", "--port=0",
             f"--accept-paths={PLAIN_API}"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert proxy.stdout is not None
        try:
            port = int(proxy.stdout.readline().rpartition(":")[2])
            yield Foreign(cluster, port, folder)
        finally:
            proxy.terminate()
            proxy.stdout.close()
            proxy.wait(10)


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_reading_command_works_with_the_plain_api_alone(foreign: Foreign, words: list[str]) -> None:
    done = foreign.wherry(*words, "--kubeconfig", str(foreign.kubeconfig))
    assert done.returncode == 0, done.stderr
    assert "Next: " in done.stdout.splitlines()[-1]
    data = foreign.wherry(*words, "--kubeconfig", str(foreign.kubeconfig), "-o", "json")
    assert json.loads(data.stdout)


def test_the_story_is_told_from_events_and_invents_no_reason(foreign: Foreign) -> None:
    told = foreign.wherry("story", "--each", "--kubeconfig", str(foreign.kubeconfig)).stdout
    assert "The scheduler chose node" in told
    assert "because" not in told


def test_why_says_what_is_known_and_no_more(foreign: Foreign) -> None:
    told = foreign.wherry("why", "web", "--kubeconfig", str(foreign.kubeconfig)).stdout
    assert "3 of 3 pods are ready" in told
    assert "points" not in told


def test_the_dashboard_is_said_to_be_missing_with_what_works_instead(foreign: Foreign) -> None:
    done = foreign.wherry("open", "--kubeconfig", str(foreign.kubeconfig))
    assert done.returncode == 1
    assert "has no dashboard" in done.stderr
    assert "wherry picture" in done.stderr


def test_the_cluster_of_the_environment_is_read_where_there_is_no_other(foreign: Foreign) -> None:
    done = foreign.wherry("picture", kubeconfig=f"/not/there{os.pathsep}{foreign.kubeconfig}")
    assert done.returncode == 0, done.stderr
    assert "2 nodes, 3 pods" in done.stdout
    assert str(foreign.kubeconfig) in done.stderr, "whose cluster it is, is said"


def test_a_context_is_chosen_by_its_name(foreign: Foreign) -> None:
    where = ("--kubeconfig", str(foreign.kubeconfig))
    assert foreign.wherry("next", *where, "--context", "theirs").returncode == 0
    gone = foreign.wherry("next", *where, "--context", "gone")
    assert gone.returncode == 3
    assert "W0102" in gone.stderr
    unknown = foreign.wherry("next", *where, "--context", "nobodys")
    assert unknown.returncode == 2
    assert "nobodys" in unknown.stderr

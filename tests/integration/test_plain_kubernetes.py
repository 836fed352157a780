"""An older Kubernetes that is not ours, with nodes that are played: what it lacks is said, and who gives a right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.delivered_service import GreeterRepository
from suites.plain_kubernetes import PlainKubernetes, plain_kubernetes
from suites.running_cluster import needs_linux

NO_SLICES = "This cluster does not have everything: no EndpointSlice."


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainKubernetes]:
    """It knows no rules in definitions, and no EndpointSlices."""
    folder = tmp_path_factory.mktemp("old")
    options = ("--no-real-node", "--simulated-nodes", "2")
    with plain_kubernetes(folder, *options, has_rules=False, lacks="discovery.k8s.io") as plain:
        yield plain


@pytest.fixture(scope="module")
def greeter(tmp_path_factory: pytest.TempPathFactory) -> GreeterRepository:
    return GreeterRepository(tmp_path_factory.mktemp("greeter") / "greeter")


def test_a_kind_that_the_cluster_lacks_is_not_called_hidden(old: PlainKubernetes) -> None:
    told = old.wherry(old.admin(), "picture").stdout
    assert NO_SLICES in told
    assert "may not see" not in told


def test_who_has_one_namespace_hears_what_is_hidden_and_what_is_not_there(old: PlainKubernetes) -> None:
    owner = old.owner_of("mine")
    told = old.wherry(owner, "picture", "-n", "mine").stdout
    assert "You may not see everything here: Node." in told
    assert NO_SLICES in told
    everywhere = old.wherry(owner, "picture")
    assert everywhere.returncode == 1
    assert "Do: wherry picture -n mine" in everywhere.stderr, "their own namespace is where to look"


@pytest.mark.parametrize("whose", ["admin", "owner"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("changes", "W0208: this cluster cannot say how it was"),
        ("picture --at 10m", "W0208: this cluster cannot say how it was"),
        ("report --format page", "this cluster has no dashboard"),
        ("open", "this cluster has no dashboard"),
    ],
)
def test_what_only_wherry_has_is_said_to_be_missing(old: PlainKubernetes, whose: str, words: str, said: str) -> None:
    done = old.wherry(old.admin() if whose == "admin" else old.owner_of("mine"), *words.split())
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stderr


@needs_linux
def test_where_a_cluster_keeps_no_rules_it_is_said_that_releases_can_be_changed(
    old: PlainKubernetes, greeter: GreeterRepository
) -> None:
    admin = old.admin()
    assert old.wherry(admin, "build", cwd=greeter.root).returncode == 0
    made = old.wherry(admin, "release", cwd=greeter.root)
    assert made.returncode == 0, made.stderr
    assert "keeps no rules on kinds" in made.stderr
    assert "dev is on another cluster, and wherry.toml names no registry for it" in made.stderr
    listed = old.wherry(admin, "releases", cwd=greeter.root)
    assert "keeps no rules on kinds" in listed.stderr
    ran = old.wherry(admin, "run", cwd=greeter.root)
    assert "it does not say: if not, no pod of it can start" in ran.stderr
    assert "greeter-r1 runs in dev" in ran.stdout


def test_whoever_may_not_teach_the_cluster_hears_who_does_it_and_how(
    old: PlainKubernetes, greeter: GreeterRepository, tmp_path: Path
) -> None:
    owner = old.owner_of("other")
    everybodys = old.wherry(owner, "contract", "list", "--all")
    assert "wherry contract expose     (in the folder of a service)" in everybodys.stdout
    old.wherry(owner, "new", "till", "--into", str(tmp_path / "till"))
    exposed = old.wherry(owner, "contract", "expose", cwd=tmp_path / "till")
    assert "an administrator runs, once: wherry contract setup" in exposed.stderr
    # No repository is needed for it.
    assert old.wherry(old.admin(), "contract", "setup").returncode == 0
    assert old.wherry(owner, "contract", "list", "--all").returncode == 0
    refused = old.wherry(owner, "run", cwd=greeter.root)
    assert refused.returncode == 4
    way = "kubectl create role wherry-list-releases --verb=list --resource=releases.wherry.dev -n greeter-dev"
    assert way in refused.stderr


def test_kubectl_goes_the_same_way(old: PlainKubernetes) -> None:
    done = old.wherry(old.admin(), "kubectl", "get", "nodes", "-o", "name")
    assert len(done.stdout.split()) == 2


def test_the_whole_demonstration_is_not_for_another_cluster(old: PlainKubernetes) -> None:
    done = old.wherry(old.admin(), "demo", "--kubeconfig", str(old.admin()))
    assert done.returncode == 2
    assert "wherry demo JOURNEY --kubeconfig FILE" in done.stderr

"""The whole way on a Kubernetes that is not ours, with a kubeconfig and nothing else: its administrator, and a team."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suites.plain_kubernetes import PlainKubernetes, plain_kubernetes
from suites.running_cluster import RunningCluster, needs_linux

pytestmark = [pytest.mark.linux, needs_linux, pytest.mark.timeout(300)]

LOOKING = ["status", "picture", "story", "next", "why harbour -n harbour-dev", "show harbour -n harbour-dev", "tour",
           "word pod", "logs harbour -n harbour-dev --tail 1", "what-if --scale harbour=2 -n harbour-dev"]  # fmt: skip


@dataclass
class Abroad:
    """A service on its way to a cluster that only a kubeconfig knows; its images are on this machine."""

    plain: PlainKubernetes
    root: Path
    home: Path
    kubeconfig: Path
    released: str = ""
    early: subprocess.CompletedProcess[str] | None = None

    def attempt(self, words: str, *, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        cwd = self.root if self.root.is_dir() else self.root.parent
        return self.plain.wherry(self.kubeconfig, *words.split(), cwd=cwd, home=self.home, timeout_s=timeout_s)

    def do(self, words: str) -> str:
        done = self.attempt(words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def hand_over(self, release: str) -> None:
        """What somebody does who administers the nodes: they take the images of a carried release."""
        file = self.root.parent / f"{release}.tar"
        self.do(f"export {release} {file}")
        self.plain.behind.wherry("image", "import", str(file))
        file.unlink()

    def commit(self, what: str) -> None:
        who = ["-c", "user.name=ana", "-c", "user.email=ana@example.com"]
        subprocess.run(["git", *who, "commit", "-qam", what], cwd=self.root, check=True)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Abroad]:
    folder = tmp_path_factory.mktemp("abroad")
    # A node says that it lacks an image only when it has another one to name.
    RunningCluster(folder / "behind", 0).build_toolbox()
    with plain_kubernetes(folder) as plain:
        made = Abroad(plain, folder / "harbour", folder / "laptop", plain.admin())
        made.do("new harbour --team sea")
        made.do("build")
        made.do("contract setup")
        made.released = made.do("release")
        made.early = made.attempt("run", timeout_s=40)
        made.hand_over("harbour-r1")
        yield made


def test_an_image_that_no_node_can_have_is_said_before_anything_is_applied(harbour: Abroad) -> None:
    assert "wherry.toml names no registry for it" in harbour.released
    assert harbour.early is not None
    assert harbour.early.returncode == 1
    assert "no node of that cluster has" in harbour.early.stderr
    assert "wherry export harbour-r1 FILE" in harbour.early.stderr


def test_the_whole_way_by_kubeconfig_alone(harbour: Abroad) -> None:
    assert "harbour-r1 runs in dev" in harbour.do("run")
    assert "all 3 steps of harbour went as told" in harbour.do("demo do-x")
    twin = _kill_a_trial(harbour)
    proved = harbour.do("prove build-release-run")
    assert f"the twin {twin} was left behind" in proved
    assert "Build, release, run: Proved" in proved
    assert "The cluster refuses to change the release." in proved
    assert "Build, release, run  ✓✓ Proved" in harbour.attempt("done").stdout
    harbour.do("report --format markdown")
    assert "harbour promises" in harbour.do("contract expose")
    harbour.do("contract list")
    assert "says what it said before" in harbour.do("breaks")
    assert "harbour-r2 runs in staging" in harbour.do("promote dev staging")
    # Somebody else may run a service of this name in a namespace of their own.
    assert "harbour-r2  staging      Running" in harbour.do("releases")
    _look_around(harbour)
    _go_back(harbour)


def _kill_a_trial(harbour: Abroad) -> str:
    """Kill `wherry prove` with -9 while its twin starts; gives the twin's name, which is left behind."""
    trial = harbour.plain.start(harbour.kubeconfig, "prove", "logs", cwd=harbour.root, home=harbour.home)
    assert trial.stderr is not None
    for line in trial.stderr:
        if "pods are ready" in line:
            break
    trial.kill()
    trial.stderr.close()
    trial.wait(10)
    names = harbour.plain.behind.kubectl("get", "namespaces", "-l", "wherry.dev/task=prove", "-o", "name").stdout
    return names.strip().removeprefix("namespace/")


def _look_around(harbour: Abroad) -> None:
    for words in LOOKING:
        done = harbour.attempt(words)
        # `next` answers 1 while something is still to be done.
        assert done.returncode == 0 or words == "next", f"{words}: {done.stdout}{done.stderr}"
        assert "because" not in done.stdout, "other masters do not say why"


def _go_back(harbour: Abroad) -> None:
    config = harbour.root / "deploy" / "overlays" / "dev" / "config.env"
    config.write_text(config.read_text().replace("GREETING=", "GREETING=another "))
    harbour.commit("Greet in another way")
    assert "harbour-r3 is made" in harbour.do("release")
    harbour.do("run")
    assert "harbour-r1 runs in dev" in harbour.do("rollback")


def test_who_has_one_namespace_does_everything_in_it_and_hears_what_the_rest_takes(
    harbour: Abroad, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(harbour.root, tmp_path / "harbour"))
    ours = Abroad(harbour.plain, root, harbour.home, harbour.plain.owner_of("ours"))
    file, overlay = root / "wherry.toml", root / "deploy" / "overlays" / "dev" / "kustomization.yaml"
    head, _, rest = file.read_text().partition("[environments.dev]")
    tail = rest[rest.index("# What the service reads") :]
    dev = '[environments.dev]\noverlay = "deploy/overlays/dev"\nnamespace = "ours"\n'
    file.write_text(f"{head}{dev}{tail}")
    overlay.write_text(overlay.read_text().replace("harbour-dev", "ours").replace(", namespace.yaml", ""))
    ours.commit("Live in one namespace")
    # The same image: only the configuration has changed.
    made = ours.do("release")
    assert "is made: harbour for dev" in made
    ran = ours.do("run")
    assert "You may not see the nodes there, so nobody knows whether they have" in ran
    assert "1 of them run" in ours.do("releases")
    ours.do("demo do-x")
    proved = ours.do("prove")
    assert "You may not make a namespace for a twin: only what reads is tried" in proved
    assert "--clusterrole=admin --user=owner-ours" in proved
    assert "Own database: Proved" in proved
    alone = ours.attempt("prove logs")
    assert alone.returncode == 4
    assert "kubectl create clusterrole wherry-prove" in alone.stderr
    assert "Own database         ✓✓ Proved" in ours.attempt("done").stdout
    kept = ours.plain.behind.kubectl("-n", "ours", "get", "proofs,boards", "-o", "name").stdout
    assert "own-database" in kept
    assert "board.wherry.dev/harbour" in kept
    ours.do("contract expose")
    ours.do("why harbour -n ours")
    ours.do("picture -n ours")

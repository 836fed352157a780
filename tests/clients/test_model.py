"""A monolith becomes three pieces: the model, the steps, stand-ins for what is to come, and ticks by evidence."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suites.bazaar import MODEL, PROMISE, STEPS, run_service, write_files
from suites.running_cluster import RunningCluster


@dataclass
class Table:
    """A team's folder with the model in it, and the cluster."""

    cluster: RunningCluster
    folder: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.cluster.wherry(*arguments, check=False, cwd=self.folder)

    def must(self, *arguments: str) -> str:
        done = self(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def steps(self) -> dict[str, dict[str, object]]:
        done = self("next", "--model", "model.yaml", "-o", "json")
        assert done.returncode in (0, 1), done.stderr
        return {str(step["title"]): step for step in json.loads(done.stdout)["steps"]}

    def done(self) -> list[str]:
        return [title for title, step in self.steps().items() if step["done"]]

    def run(self, namespace: str, name: str, *, database: str = "", calls: str = "") -> None:
        run_service(self.cluster, namespace, name, database=database, calls=calls)


@pytest.fixture
def table(simulated: RunningCluster, tmp_path: Path) -> Iterator[Table]:
    write_files(tmp_path)
    yield Table(simulated, tmp_path)
    for user in ("mia", "noa"):
        simulated.wherry("user", "remove", user, check=False)


def sign(table: Table, namespace: str, consumer: str, provider: str) -> None:
    """Both teams do what it takes: expose, propose, agree."""
    folders = {}
    for name, user in ((provider, "mia"), (consumer, "noa")):
        folder = folders[name] = table.folder / f"repository-{name}"
        (folder / "contracts" / "needs").mkdir(parents=True, exist_ok=True)
        (folder / "wherry.toml").write_text(
            f'name = "{name}"\nteam = "{name}-team"\n[service]\nport = 8080\ncontract = "api.yaml"\n'
            f'[environments.dev]\noverlay = "deploy"\nnamespace = "{namespace}"\n'
        )
        (folder / "api.yaml").write_text(PROMISE.replace("NAME", name))
        (folder / "contracts" / "parties.yaml").write_text(f"teams: {{{name}-team: [{user}]}}\n")
    request = {"method": "GET", "path": "/things/1"}
    need = {"consumer": {"name": consumer}, "provider": {"name": provider}, "interactions": [
        {"description": "reads", "request": request, "response": {"status": 200}}]}  # fmt: skip
    (folders[consumer] / "contracts" / "needs" / f"{provider}.json").write_text(json.dumps(need))
    for name, verb in ((provider, "expose"), (consumer, "propose")):
        table.must("contract", verb, "--project", str(folders[name]))
    for name, user in ((provider, "mia"), (consumer, "noa")):
        kubeconfig = table.cluster.home / "users" / f"{user}.kubeconfig"
        table.must("contract", "agree", f"{consumer}-{provider}", "--project", str(folders[name]), "--kubeconfig",
                   str(kubeconfig))  # fmt: skip


def test_a_monolith_becomes_three_pieces_and_every_step_is_ticked_by_what_the_cluster_shows(
    table: Table, namespace: str
) -> None:
    table.run(namespace, "bazaar", database="bazaar-db")
    before = table("next")
    assert before.returncode == 1
    assert "0 of 12 steps to the next state are done: 1 service of the model now, 3 services next." in before.stdout
    assert list(table.steps()) == STEPS
    assert "bazaar runs in" in str(table.steps()["Retire bazaar"]["seen"])

    items = csv.DictReader(io.StringIO(table("next", "--backlog", "csv").stdout))
    assert [item["Title"] for item in items] == STEPS
    assert table("next", "--backlog", "md").stdout.count("\n## ") == 12

    nowhere = table("model", "--stand-ins", "-n", "nowhere", "--image", "python:3")
    assert (nowhere.returncode, "create namespace nowhere" in nowhere.stderr) == (2, True)
    started = table("model", "--stand-ins", "-n", namespace, "--image", "python:3")
    assert started.returncode == 0, started.stderr
    assert "till: stand-ins answer" in started.stdout
    assert "stall has no contract yet" in started.stderr
    assert table.steps()["Split till out of bazaar"]["seen"] == "Only a stand-in answers for till now."
    assert "a stand-in in" in table.must("model", "--plain")
    assert "till: no stand-in any more." in table.must("model", "--end-stand-ins", "-n", namespace)
    assert table.done() == []

    table.run(namespace, "till", database="till-db")
    table.run(namespace, "stall", database="bazaar-db", calls="till")
    half = table.steps()
    shared = half["Give stall its own database (postgresql 18)"]
    assert shared["seen"] == "stall shares bazaar-db (postgresql 18) with bazaar."
    assert half["Agree on till.v1 between stall and till"]["seen"] == "stall calls till already, without a contract."
    assert table.done() == [STEPS[0], STEPS[1], STEPS[3]]

    table.run(namespace, "stall", database="stall-db", calls="till")
    table.run(namespace, "window", calls="stall")
    for user in ("mia", "noa"):
        table.must("user", "add", user, "--role", "edit", "--namespace", namespace)
    table.must("contract", "setup", "--project", str(repository(table, namespace)))
    sign(table, namespace, "stall", "till")
    sign(table, namespace, "window", "stall")
    table.cluster.kubectl(
        "-n", namespace, "delete", "deployment,statefulset", "bazaar", "bazaar-db", "--ignore-not-found"
    )
    # Nodes that are played run no program, so nothing can be tried on them: these two steps stay open, and say so.
    tried = [title for title in STEPS if title.startswith("Try ")]
    assert [title for title in STEPS if title not in table.done()] == tried
    after = table("next", "--model", "model.yaml")
    assert after.returncode == 1
    assert after.stdout.startswith("10 of 12 steps to the next state are done: 3 services of the model now")
    drawn = table.must("model", "--plain")
    assert "(wanted)" not in drawn
    assert "stall ──▶ till.v1  Agreed" in drawn


def repository(table: Table, namespace: str) -> Path:
    folder = table.folder / "setup"
    folder.mkdir()
    (folder / "wherry.toml").write_text(f'name = "s"\n[environments.dev]\noverlay = "d"\nnamespace = "{namespace}"\n')
    return folder


def test_a_model_with_mistakes_is_refused_with_all_of_them_and_one_that_nobody_named_is_only_mentioned(
    table: Table,
) -> None:
    (table.folder / "model.yaml").write_text(MODEL.replace("team:", "taem:").replace("[till.v1]", "[tell.v1]"))
    refused = table("next", "--model", "model.yaml")
    assert refused.returncode == 2
    assert (
        "model.yaml, line 15: next.services[1].taem: there is no such field. Do: did you mean team?" in refused.stderr
    )
    assert "nobody provides tell.v1 in next. Do: did you mean till?" in refused.stderr
    mentioned = table("next")
    assert mentioned.returncode in (0, 1)
    assert "model.yaml is not looked at" in mentioned.stderr
    (table.folder / "model.yaml").unlink()
    missing = table("next", "--backlog", "md")
    assert (missing.returncode, "there is no model.yaml here" in missing.stderr) == (2, True)


def test_the_model_is_drawn_without_a_cluster_too(table: Table, tmp_path: Path) -> None:
    nowhere = RunningCluster(tmp_path / "nowhere", 0)
    drawn = nowhere.wherry("model", str(table.folder / "model.yaml"), "--plain")
    assert "now is what model.yaml says" in drawn.stderr
    assert "bazaar (wanted): [stall][till][window]; database bazaar-db: postgresql." in drawn.stdout
    assert "stall (team stall-team) (wanted): stall.v1; database postgresql 18; out of bazaar." in drawn.stdout


def test_the_model_goes_into_the_cluster_and_everybody_reads_it_from_there(
    table: Table, namespace: str, tmp_path: Path
) -> None:
    mentioned = table("next", "--model", "model.yaml")
    assert "Nobody else sees this model" in mentioned.stderr
    folder = tmp_path / "bazaar"
    folder.mkdir()
    for name in ("model.yaml", "till.yaml", "stall.yaml"):
        (folder / name).write_text((tmp_path / name).read_text())
    model = str(folder / "model.yaml")
    assert "The model bazaar is in the cluster now" in table.must("model", model, "--publish", "-n", namespace)
    shown = table.cluster.kubectl("-n", namespace, "get", "models", "bazaar").stdout
    assert "steps to the next state" in shown
    # Without the file: the same steps, the same backlog, and the way to it is said.
    (tmp_path / "model.yaml").unlink()
    read = table("next", "--model", "bazaar", "-o", "json")
    assert [step["title"] for step in json.loads(read.stdout)["steps"]] == STEPS
    assert f"The model {namespace}/bazaar of the cluster: model.yaml, which is in no commit." in read.stderr
    # Nothing of bazaar runs here, so that it is retired already.
    assert table("next", "--backlog", "md").stdout.count("\n## ") == 11
    assert "wherry next --model bazaar" in table("next").stdout
    assert "till: stand-ins answer" in table.must(
        "model", "bazaar", "--stand-ins", "-n", namespace, "--image", "python:3"
    )
    table.must("model", "bazaar", "--end-stand-ins", "-n", namespace)
    refused = table("model", "bazaar", "--publish")
    assert (refused.returncode, "model.yaml is not here" in refused.stderr) == (2, True)
    unknown = table("next", "--model", "bazar")
    assert (unknown.returncode, f"name one: {namespace}/bazaar" in unknown.stderr) == (2, True)
    (folder / "model.yaml").write_text(MODEL.replace('version: "18"', 'version: "17"'))
    older = table("model", model, "--plain")
    assert "The cluster has another state of this model" in older.stderr
    table.cluster.kubectl("-n", namespace, "delete", "models", "bazaar")


def test_a_contract_takes_the_model_along(table: Table, namespace: str) -> None:
    repository_ = table.folder / "till"
    (repository_ / "contracts").mkdir(parents=True)
    (repository_ / "wherry.toml").write_text(
        f'name = "till"\nteam = "t"\n[service]\ncontract = "api.yaml"\n'
        f'[environments.dev]\noverlay = "deploy"\nnamespace = "{namespace}"\n'
    )
    (repository_ / "api.yaml").write_text(PROMISE.replace("NAME", "till"))
    (repository_ / "contracts" / "parties.yaml").write_text("teams: {t: [mia]}\n")
    exposed = table("contract", "expose", "--project", str(repository_))
    assert exposed.returncode == 0, exposed.stderr
    # The model stands in the folder above, and speaks of till.
    assert "The page shows the model" in exposed.stderr
    assert "model.yaml" in table.cluster.kubectl("-n", namespace, "get", "models", "-o", "yaml").stdout
    # A service may have a model of its own as well.
    (repository_ / "model.yaml").write_text("next: {services: [{name: till}]}\n")
    both = table("contract", "expose", "--project", str(repository_))
    assert "The page shows the model till as it is now" in both.stderr
    again = table("contract", "expose", "--project", str(repository_))
    assert "The page shows the model" not in again.stderr
    (table.folder / "model.yaml").write_text(MODEL.replace("team:", "taem:"))
    broken = table("contract", "expose", "--project", str(repository_))
    assert (broken.returncode, "model.yaml is not published" in broken.stderr) == (0, True)
    table.cluster.kubectl("-n", namespace, "delete", "models", "--all")

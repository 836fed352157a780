"""Two users, each with the rights of a team, and the contract between their services, by the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suites.running_cluster import RunningCluster

PROMISE = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    get:
      responses:
        "200":
          description: The order.
          content: {application/json: {schema: {type: object, required: [id, price], properties: {
            id: {type: integer}, price: {type: number}}}}}
"""
NEED = {
    "consumer": {"name": "web"},
    "provider": {"name": "orders"},
    "interactions": [
        {"description": "shows", "request": {"method": "GET", "path": "/orders/42"},
         "response": {"status": 200, "body": {"price": 5}}}
    ],
}  # fmt: skip


@dataclass
class Team:
    """A user in front of the repository of a service."""

    cluster: RunningCluster
    folder: Path
    user: str

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kubeconfig = self.cluster.home / "users" / f"{self.user}.kubeconfig"
        where = ("--project", str(self.folder), "--kubeconfig", str(kubeconfig))
        return self.cluster.wherry(*arguments, *where, check=False)

    def must(self, *arguments: str) -> str:
        done = self(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def team(cluster: RunningCluster, folder: Path, service: str, user: str) -> Team:
    (folder / "contracts" / "needs").mkdir(parents=True)
    (folder / "wherry.toml").write_text(
        f'name = "{service}"\nteam = "{service}-team"\n'
        '[service]\nport = 8080\ncontract = "contracts/api.yaml"\n[environments.dev]\noverlay = "deploy/dev"\n'
    )
    (folder / "contracts" / "parties.yaml").write_text(f"teams: {{{service}-team: [{user}]}}\n")
    cluster.make_namespace(f"{service}-dev")
    cluster.wherry("user", "add", user, "--role", "edit", "--namespace", f"{service}-dev")
    return Team(cluster, folder, user)


@pytest.fixture
def teams(simulated: RunningCluster, tmp_path: Path) -> Iterator[tuple[Team, Team]]:
    orders = team(simulated, tmp_path / "orders", "orders", "ana")
    web = team(simulated, tmp_path / "web", "web", "ben")
    (orders.folder / "contracts" / "api.yaml").write_text(PROMISE)
    (web.folder / "contracts" / "needs" / "orders.json").write_text(json.dumps(NEED))
    yield orders, web
    for namespace in ("orders-dev", "web-dev"):
        simulated.kubectl("delete", "namespace", namespace)


def test_two_teams_agree_on_a_contract_break_it_and_agree_again(teams: tuple[Team, Team]) -> None:
    orders, web = teams
    orders.cluster.wherry("contract", "setup", "--project", str(orders.folder))

    assert "orders promises 1 operation to everybody" in orders.must("contract", "expose")
    assert "web-orders: web sends orders 1 kind of request." in web.must("contract", "propose")
    assert "web-orders" in web.must("contract", "agree")
    assert "Signed web-orders: it is Agreed now." in orders.must("contract", "agree")
    # What kubectl shows is written by whoever looks and may write it.
    web.must("contract", "list")
    row = orders.cluster.kubectl("get", "contracts", "-n", "web-dev").stdout.splitlines()
    assert row[0].split() == ["NAME", "CONSUMER", "PROVIDER", "STATE", "AGREED", "VERIFIED", "AGE"]
    assert row[1].split()[:6] == ["web-orders", "web", "orders", "Agreed", "yes", "no"]

    changed = PROMISE.replace("required: [id, price]", "required: [id]")
    (orders.folder / "contracts" / "api.yaml").write_text(changed)
    broken = orders("breaks")
    assert broken.returncode == 1
    assert "GET /orders/{id} may leave out price. The promise changes, and web uses it: web breaks." in broken.stdout
    orders.must("contract", "expose")
    listed = orders("contract", "list", "-o", "json")
    assert listed.returncode == 1
    (entry,) = json.loads(listed.stdout)
    assert entry["state"] == "Broken"
    assert orders("contract", "agree").returncode == 1

    need = json.loads(json.dumps(NEED).replace('"price": 5', '"id": 42'))
    (web.folder / "contracts" / "needs" / "orders.json").write_text(json.dumps(need))
    web.must("contract", "propose")
    web.must("contract", "agree")
    assert "it is Agreed now" in orders.must("contract", "agree")


def test_one_team_can_neither_publish_nor_sign_for_the_other(teams: tuple[Team, Team]) -> None:
    orders, web = teams
    orders.cluster.wherry("contract", "setup", "--project", str(orders.folder))
    impostor = Team(web.cluster, orders.folder, "ben")
    assert impostor("contract", "expose").returncode == 1
    orders.must("contract", "expose")
    web.must("contract", "propose")
    signed = impostor("contract", "agree")
    assert signed.returncode == 1
    assert "ben may not sign for orders-team" in signed.stderr

"""A contract verified on what really runs: a stand-in in a pod, asked through the API server's proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.running_cluster import IMAGE, RunningCluster, needs_linux

pytestmark = needs_linux

PROMISE = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    get:
      responses:
        "200":
          description: The order.
          content: {application/json: {schema: {type: object, required: [id], properties: {id: {type: integer}}}}}
"""
NEED = {
    "consumer": {"name": "web"},
    "provider": {"name": "orders"},
    "interactions": [
        {"description": "shows", "request": {"method": "GET", "path": "/orders/42"},
         "response": {"status": 200, "body": {"id": 1}}}
    ],
}  # fmt: skip


def service(cluster: RunningCluster, folder: Path, name: str, user: str) -> Path:
    (folder / "contracts" / "needs").mkdir(parents=True)
    (folder / "wherry.toml").write_text(
        f'name = "{name}"\n[service]\nport = 8080\ncontract = "contracts/api.yaml"\n'
        f'[environments.dev]\noverlay = "deploy/dev"\nnamespace = "{name}-contracts"\n'
    )
    (folder / "contracts" / "parties.yaml").write_text(f"teams: {{{name}: [{user}]}}\n")
    cluster.make_namespace(f"{name}-contracts")
    cluster.wherry("user", "add", user, "--role", "edit", "--namespace", f"{name}-contracts")
    return folder


@pytest.fixture
def folders(cluster: RunningCluster, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    orders = service(cluster, tmp_path / "orders", "orders", "ana")
    web = service(cluster, tmp_path / "web", "web", "ben")
    (orders / "contracts" / "api.yaml").write_text(PROMISE)
    (web / "contracts" / "needs" / "orders.json").write_text(json.dumps(NEED))
    yield orders, web
    for name in ("orders-contracts", "web-contracts"):
        cluster.kubectl("delete", "namespace", name)


def test_a_stand_in_exposes_the_contract_and_the_need_is_verified_on_it(
    cluster: RunningCluster, folders: tuple[Path, Path]
) -> None:
    orders, web = folders

    def act(user: str, folder: Path, *arguments: str, check: bool = True) -> str:
        who = ("--kubeconfig", str(cluster.home / "users" / f"{user}.kubeconfig"), "--project", str(folder))
        done = cluster.wherry("contract", *arguments, *who, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    cluster.wherry("contract", "setup", "--project", str(orders))
    act("ana", orders, "stand-in", "orders", "--in", "dev")
    cluster.kubectl("-n", "orders-contracts", "rollout", "status", "deployment/orders-stand-in", "--timeout=60s")
    act("ana", orders, "expose")
    act("ben", web, "propose")
    (exposed,) = json.loads(act("ben", web, "list", "-o", "json"))
    assert exposed["state"] == "Exposed", exposed
    act("ben", web, "agree")
    act("ana", orders, "agree")
    assert "web-orders: Passed. 1 of 1 requests got what they need." in act("ana", orders, "verify")
    (verified,) = json.loads(act("ana", orders, "list", "-o", "json"))
    assert verified["state"] == "Verified", verified

    # At night the cluster itself tries it, as somebody who may do nothing else; here it is night at once.
    cluster.wherry("contract", "schedule", "--at", "3:05", "--project", str(orders))
    job = ("create", "job", "--from=cronjob/orders-contracts", "now")
    cluster.kubectl("-n", "orders-contracts", *job)
    cluster.kubectl("-n", "orders-contracts", "wait", "job/now", "--for=condition=Complete", "--timeout=60s")
    told = cluster.kubectl("-n", "orders-contracts", "logs", "job/now").stdout
    assert "web-orders: Passed. 1 of 1 requests got what they need." in told
    found = cluster.get("verifications", "-n", "orders-contracts")["items"]
    assert isinstance(found, list)
    account = "system:serviceaccount:orders-contracts:orders-contracts"
    assert account in [one["spec"]["by"] for one in found]
    cluster.wherry("contract", "schedule", "--stop", "--project", str(orders))
    assert cluster.get("cronjobs", "-n", "orders-contracts")["items"] == []


def test_traffic_without_a_contract_is_found_on_the_node(cluster: RunningCluster, folders: tuple[Path, Path]) -> None:
    orders, _ = folders
    cluster.wherry("contract", "setup", "--project", str(orders))
    cluster.wherry("contract", "stand-in", "orders", "--in", "dev", "--project", str(orders))
    cluster.kubectl("-n", "orders-contracts", "rollout", "status", "deployment/orders-stand-in", "--timeout=60s")
    cluster.kubectl(
        "-n", "orders-contracts", "patch", "deployment", "orders-stand-in", "--patch",
        '{"spec": {"template": {"metadata": {"labels": {"app": "orders"}}}}}',
    )  # fmt: skip
    cluster.kubectl("-n", "orders-contracts", "rollout", "status", "deployment/orders-stand-in", "--timeout=60s")
    shop = (
        "-n",
        "web-contracts",
        "run",
        "shop",
        "--labels=app=shop",
        f"--image={IMAGE}",
        "--restart=Never",
        "--command",
    )
    cluster.kubectl(*shop, "--", "curl", "-sf", "--retry", "5", "http://orders.orders-contracts:8080/orders/1")
    done = "jsonpath={.status.phase}=Succeeded"
    cluster.kubectl("-n", "web-contracts", "wait", f"--for={done}", "pod/shop", "--timeout=60s")
    found = cluster.wherry("contract", "unspoken", "--project", str(orders), check=False)
    assert found.returncode == 1, found.stderr
    assert ["shop", "orders", "8080"] in [line.split()[:3] for line in found.stdout.splitlines()]

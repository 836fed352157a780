from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from suites.custom_resources import serving
from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.api.core.pod import PODS, Pod
from wherry.api.method.timebox import RecordedPlay
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.kit.http.types import Request, Response, read_body
from wherry.method.crds import ensure_kinds
from wherry.method.project import Environment, Project, ProjectFile, Service, read_project
from wherry.method.skeleton.git import Git
from wherry.method.skeleton.repository import make_repository
from wherry.method.skeleton.template import Answers, read_template
from wherry.method.timebox.gathering import Stage, look_at_clusters, look_at_repository, replaced, restarted
from wherry.method.timebox.ticks import Facts, tick_off


def pod(name: str, owner: str = "web-1", *, exit_code: int | None = None, ready: bool = True) -> Pod:
    status: Document = {"name": "web", "ready": ready, "restartCount": 1, "image": "i", "imageID": ""}
    if exit_code is not None:
        status["lastState"] = {"terminated": {"exitCode": exit_code}}
    owners: list[Document] = [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": "u", "controller": True}
    ]
    document: Document = {
        "metadata": {"name": name, "ownerReferences": owners},
        "spec": {"containers": [{"name": "web", "image": "i"}]},
        "status": {"containerStatuses": [status]},
    }
    found = PODS.from_document(document)
    assert isinstance(found, Pod)
    return found


def event(reason: str, count: int = 1, name: str = "web-1") -> Event:
    document: Document = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "ReplicaSet", "name": name},
        "reason": reason,
        "count": count,
    }
    found = EVENTS.from_document(document)
    assert isinstance(found, Event)
    return found


@pytest.mark.parametrize(
    ("exit_code", "ready", "is_healed"), [(137, True, True), (1, True, False), (137, False, False)]
)
def test_a_killed_container_that_runs_again_has_healed(exit_code: int, ready: bool, is_healed: bool) -> None:
    assert bool(restarted([pod("web-1-a", exit_code=exit_code, ready=ready)])) is is_healed
    assert not restarted([pod("web-1-b")])


@pytest.mark.parametrize(
    ("events", "pods", "words"),
    [
        ([event("SuccessfulCreate")], ["a"], ""),
        ([event("SuccessfulCreate"), event("SuccessfulCreate")], ["a"], "a pod was lost, and web-1 has made another"),
        ([event("SuccessfulCreate", 4)], ["a"], "3 pods were lost"),
        # Scaled from three to one by the replica set itself: nobody was lost.
        ([event("SuccessfulCreate", 3), event("SuccessfulDelete", 2)], ["a"], ""),
        # Nothing is left: that is no healing.
        ([event("SuccessfulCreate", 2)], [], ""),
        # Another one's events.
        ([event("SuccessfulCreate", 5, "other")], ["a"], ""),
    ],
)
def test_a_lost_pod_is_told_from_one_that_was_scaled_away(events: list[Event], pods: list[str], words: str) -> None:
    found = replaced({"web-1"}, [pod(name) for name in pods], events)
    assert found.startswith(words) if words else not found


async def test_the_repository_is_its_own_evidence(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    await make_repository(read_template(), Answers("orders", "shop"), folder)
    project = read_project(folder)
    facts = await look_at_repository(project)
    assert (facts.commits, facts.stored_environments, facts.stored_passwords) == (1, ("dev", "staging", "prod"), ())
    await Git(folder).ask("add", "--force", "deploy/overlays/dev/database.secret.env")
    facts = await look_at_repository(project)
    assert facts.stored_passwords == ("deploy/overlays/dev/database.secret.env",)


async def test_a_folder_that_is_in_no_repository_has_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "wherry.toml").write_text('name = "orders"\n[environments.dev]\noverlay = "o"\n')
    facts = await look_at_repository(read_project(tmp_path))
    assert (facts.commits, facts.stored_environments) == (0, ())


PROMISE = "openapi: 3.1.0\ninfo: {title: Orders}\n"
NAMES = ("dev", "prod")
DIGEST = "sha256:" + "ab" * 32


@dataclass
class Shop:
    """A service `orders` in two environments: what it answers, and what its pods have written to their logs."""

    client: Client
    project: Project
    answers: dict[str, object]
    log: list[str] = field(default_factory=lambda: ["ready", "GET /x"])
    plays: list[RecordedPlay] = field(default_factory=list)

    async def ticked(self) -> dict[str, str]:
        """The evidence of each item by what the clusters know."""
        stages = [Stage(name, f"orders-{name}", self.client) for name in NAMES]
        facts = Facts("orders", "shop", "orders-dev", NAMES)
        found = await look_at_clusters(facts, self.project, stages, self.plays, {})
        return {tick.item.name: tick.evidence for tick in tick_off(found)}

    async def make(self, path: str, document: Document, status: Document | None = None) -> None:
        await self.client.request("POST", path, body=json.dumps(document).encode())
        if status is not None:
            metadata = document["metadata"]
            assert isinstance(metadata, dict)
            await self.note(f"{path}/{metadata['name']}", status)

    async def note(self, path: str, status: Document) -> None:
        body = json.dumps({"status": status}).encode()
        await self.client.request("PATCH", f"{path}/status", body=body, content_type="application/merge-patch+json")

    async def deploy(self, environment: str, number: int, digest: str = DIGEST) -> None:
        """A release that runs in a pod that is ready, behind a Service, with its database."""
        namespace = f"orders-{environment}"
        await self.make("/api/v1/namespaces", {"metadata": {"name": namespace}})
        await self.make(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "default"}})
        for name in ("orders", "orders-db"):
            spec: Document = {"selector": {"app": name}, "ports": [{"port": 8080}]}
            await self.make(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": name}, "spec": spec})
            await self.make(
                f"/api/v1/namespaces/{namespace}/pods",
                {
                    "metadata": {"name": f"{name}-0", "labels": {"app": name}},
                    "spec": {"nodeName": "node-1", "containers": [{"name": name, "image": "i"}]},
                },
                {"conditions": [{"type": "Ready", "status": "True"}]},
            )
        release: Document = {"service": "orders", "number": number, "environment": environment, "image": "orders:1"}
        release |= {"digest": digest}
        labels = {"wherry.dev/service": "orders"}
        await self.make(
            f"/apis/wherry.dev/v1/namespaces/{namespace}/releases",
            {"apiVersion": "wherry.dev/v1", "kind": "Release", "spec": release,
             "metadata": {"name": f"orders-r{number}", "labels": labels}},
            {"state": "Running"},
        )  # fmt: skip

    def play(self, environment: str, answer: object) -> None:
        """A journey went as told there, and what it read was this."""
        at = "2026-01-01T00:00:00Z"
        self.plays.append(
            RecordedPlay(journey="do-x", environment=environment, at=at, reads="/x/1", answer=json.dumps(answer))
        )


@asynccontextmanager
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    (tmp_path / "api.yaml").write_text(PROMISE)
    service = Service(contract="api.yaml", served_at="/openapi.json")
    environments = {name: Environment(overlay="x") for name in NAMES}
    project = Project(tmp_path, ProjectFile(name="orders", environments=environments, service=service))
    async with serving() as api:

        async def app(request: Request) -> Response:
            _, is_proxied, path = request.path.partition("/services/orders:8080/proxy")
            if is_proxied:
                found = made.answers.get(path)
                return Response(404) if found is None else Response(200, body=json.dumps(found).encode())
            if request.path.endswith("/pods/orders-0/log"):
                return Response(200, body="".join(f"{line}\n" for line in made.log).encode())
            return await api.server.app(request)

        client = Client(InProcess(app, user="root", groups=("system:masters", "system:authenticated")))
        made = Shop(client, project, {"/openapi.json": {"openapi": "3.1.0", "info": {"title": "Orders"}}})
        await ensure_kinds(client, "releases", "timeboxes")
        yield made


async def test_a_cluster_on_which_nothing_is_has_no_evidence(tmp_path: Path) -> None:
    async with shop(tmp_path) as world:
        assert not any((await world.ticked()).values())


async def test_what_runs_is_evidence_of_build_release_run_log_and_contract(tmp_path: Path) -> None:
    async with shop(tmp_path) as world:
        await world.deploy("dev", 1)
        ticked = await world.ticked()
        assert {name: words for name, words in ticked.items() if words} == {
            "built": "the image of orders-r1",
            "released": "1 release, the newest one orders-r1",
            "runs": "orders-r1 in dev, 1 pod ready",
            "logs": "2 lines on the standard output, read from outside",
            "exposed": "orders serves api.yaml at /openapi.json",
        }


async def test_a_pod_that_is_not_ready_is_no_evidence(tmp_path: Path) -> None:
    async with shop(tmp_path) as world:
        await world.deploy("dev", 1)
        not_ready: Document = {"conditions": [{"type": "Ready", "status": "False"}]}
        await world.note("/api/v1/namespaces/orders-dev/pods/orders-0", not_ready)
        ticked = await world.ticked()
        assert (ticked["released"], ticked["runs"], ticked["logs"]) == ("1 release, the newest one orders-r1", "", "")


async def test_a_quiet_service_has_shown_no_stream_of_logs(tmp_path: Path) -> None:
    async with shop(tmp_path) as world:
        await world.deploy("dev", 1)
        world.log = []
        assert not (await world.ticked())["logs"]


async def test_a_service_that_serves_another_contract_than_its_repository_has_exposed_none(tmp_path: Path) -> None:
    async with shop(tmp_path) as world:
        await world.deploy("dev", 1)
        world.answers["/openapi.json"] = {"openapi": "3.1.0", "info": {"title": "Another"}}
        assert not (await world.ticked())["exposed"]


async def test_a_row_counts_as_long_as_it_is_there_as_it_was_written(tmp_path: Path) -> None:
    async with shop(tmp_path) as world:
        await world.deploy("dev", 1)
        row = {"id": 1, "item": "tea"}
        world.answers["/x/1"] = row
        assert not (await world.ticked())["x"], "nobody has seen action x"
        world.play("dev", row)
        ticked = await world.ticked()
        assert ticked["x"] == "/x/1 is in container orders-db, in pod orders-db-0, on node node-1"
        assert not ticked["demo"], "that was no demo where it counts"
        world.answers["/x/1"] = {"id": 1, "item": "another"}
        assert not (await world.ticked())["x"]
        del world.answers["/x/1"]
        assert not (await world.ticked())["x"]


async def test_a_demo_is_held_in_the_last_environment(tmp_path: Path) -> None:
    async with shop(tmp_path) as world:
        world.play("prod", None)
        assert (await world.ticked())["demo"] == "do-x in prod, at 2026-01-01T00:00:00Z"


@pytest.mark.parametrize(("digest", "words"), [(DIGEST, "abababababab in dev and prod"), ("sha256:" + "cd" * 32, "")])
async def test_only_the_same_image_everywhere_is_a_promotion(tmp_path: Path, digest: str, words: str) -> None:
    async with shop(tmp_path) as world:
        await world.deploy("dev", 1)
        assert not (await world.ticked())["promoted"]
        await world.deploy("prod", 2, digest)
        assert (await world.ticked())["promoted"] == words


async def test_a_pod_that_was_lost_and_replaced_is_found_in_what_the_masters_have_said(tmp_path: Path) -> None:
    async with shop(tmp_path) as world:
        await world.deploy("dev", 1)
        template: Document = {"metadata": {"labels": {"app": "orders"}}}
        template["spec"] = {"containers": [{"name": "orders", "image": "i"}]}
        made = await world.client.request(
            "POST", "/apis/apps/v1/namespaces/orders-dev/replicasets",
            body=json.dumps({
                "metadata": {"name": "orders-1", "labels": {"app": "orders"}},
                "spec": {"selector": {"matchLabels": {"app": "orders"}}, "template": template},
            }).encode(),
        )  # fmt: skip
        uid = json.loads(await read_body(made))["metadata"]["uid"]
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "orders-1", "uid": uid, "controller": True}
        body = json.dumps({"metadata": {"ownerReferences": [owner]}}).encode()
        await world.client.request(
            "PATCH", "/api/v1/namespaces/orders-dev/pods/orders-0", body=body,
            content_type="application/merge-patch+json",
        )  # fmt: skip
        for count, is_healed in ((1, False), (2, True)):
            event: Document = {"reason": "SuccessfulCreate", "metadata": {"name": f"e{count}"}}
            event["involvedObject"] = {"kind": "ReplicaSet", "name": "orders-1", "namespace": "orders-dev"}
            await world.make("/api/v1/namespaces/orders-dev/events", event)
            assert bool((await world.ticked())["healed"]) is is_healed

"""A twin whose copies are played in memory: what the experiments decide can be tried without a cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typing_extensions import override

from wherry.api.core.pod import Pod
from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.method.delivery.run_plan import RunPlan
from wherry.method.journey.play import Answer, Call, CannotCall
from wherry.method.journey.script import parse_journey
from wherry.method.project import Environment, Project, ProjectFile, Variable
from wherry.method.twins.twin import CannotTry, Twin

IMAGE = "orders@sha256:" + "a" * 64
JOURNEY = parse_journey(
    """
journey: do-x
title: Do x
steps:
- {say: It is written, call: POST /x, body: {item: "${token}"}, expect: {status: 201}, capture: {row: id}}
- {say: It is read back, call: "GET /x/${row}", expect: {body: {item: "${token}"}}}
- {say: All are listed, call: GET /x}
""",
    "do-x.yaml",
)
WORKLOAD: Document = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "orders"},
    "spec": {
        "selector": {"matchLabels": {"app": "orders"}},
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "orders",
                        "image": IMAGE,
                        "ports": [{"containerPort": 8080}],
                        "env": [{"name": "PORT", "value": "8080"}, {"name": "GREETING", "value": "hello"}],
                        "readinessProbe": {"httpGet": {"path": "/readyz"}},
                    }
                ]
            }
        },
    },
}


@dataclass
class Sins:
    """What is wrong with the played service; nothing by default."""

    in_memory: bool = False
    log_file: bool = False
    quiet: bool = False
    tells_requests_only: bool = False
    held_back: bool = False
    fixed_port: bool = False
    nowhere: bool = False
    built_in: bool = False
    silent_default: bool = False
    mute: bool = False
    fails_together: bool = False
    in_a_file: bool = False
    twice: bool = False
    broken: bool = False
    web_server: bool = False


@dataclass
class PlayedTwin(Twin):
    """A service with rows, in `sins` or not."""

    sins: Sins = field(default_factory=Sins)
    rows: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)
    copies: dict[str, dict[str, str]] = field(default_factory=dict)
    held: dict[str, list[str]] = field(default_factory=dict)
    probed: dict[str, bool] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    up: list[str] = field(default_factory=list)
    count: int = 0

    @override
    async def pods(self) -> list[Pod]:
        return [_pod(name) for name in self.up]

    @override
    async def scale(self, replicas: int) -> list[Pod]:
        while len(self.up) < replicas:
            self.count += 1
            self.up.append(f"orders-{self.count}")
        del self.up[replicas:]
        return [_pod(name) for name in self.up]

    @override
    async def remove(self, pod: str, *, grace_s: int = 0) -> None:
        self.copies.pop(pod, None)
        if pod in self.up:
            self.up.remove(pod)

    @override
    async def log(self, pod: str, *, container: str = "") -> str:
        return "\n".join(self.lines.get(pod, []))

    @override
    async def look(self, pod: str, program: str, *arguments: str) -> object:
        """What a program in the container says."""
        if program == "listeners":
            name = "nginx" if self.sins.web_server else "python3"
            return [[int(self.copies[pod].get("PORT", "0")), True, name]]
        if program == "end":
            self.lines.setdefault(pod, []).extend(self.held.pop(pod, []))
            self.ended.add(pod)
        if program != "files":
            return None
        if arguments[0] == "tail":
            return "2026-01-31 12:00:00 POST /x\n"
        if arguments[0] == "delete":
            self.rows.clear()
            return 1
        size = sum(map(len, self.lines.values())) if self.sins.log_file else 10
        kept = {"/data/rows": [sum(map(len, self.rows.values())), 1.0]} if self.sins.in_a_file else {}
        return {"/tmp/app.txt": [size, float(size)], **kept}

    @override
    async def start_copy(
        self,
        name: str,
        env: list[Document],
        *,
        cpu: str = "",
        labels: object = None,
        pod: object = None,
        is_probed: bool = True,
    ) -> None:
        self.probed[name] = is_probed
        self.copies[name] = {str(entry["name"]): str(entry.get("value", "")) for entry in env}
        missing = {"PORT", "GREETING"} - self.copies[name].keys()
        if missing and not self.sins.mute:
            self.lines[name] = [f"{one} is not set" for one in missing]

    @override
    async def until(
        self, is_so: Callable[[dict[str, Pod]], bool], *, selector: str = "", name: str = "", timeout_s: float = 0
    ) -> dict[str, Pod]:
        ends = not self.sins.silent_default and len(self.copies.get(name, {})) < 2
        pods = {name: _pod(name, "Failed" if ends or name in self.ended else "Running")}
        if not is_so(pods):
            raise CannotTry("not so")
        return pods

    @override
    async def until_ready(self, pod: str, *, timeout_s: float = 0) -> Pod:
        return _pod(pod)

    @property
    @override
    def calls(self) -> Call:
        async def call(method: str, path: str, body: object) -> Answer:
            self.count += 1
            return self._answer(self.up[self.count % len(self.up)], method, path, body)

        return call

    @override
    def pod_calls(self, pod: str, port: int = 0) -> Call:
        async def call(method: str, path: str, body: object) -> Answer:
            listens = "8080"
            if pod in self.copies and not self.sins.fixed_port:
                listens = self.copies[pod].get("PORT", "")
            if (self.sins.nowhere and pod in self.copies) or str(port or 8080) != listens:
                raise CannotCall("nobody listens")
            return self._answer(pod, method, path, body)

        return call

    def _answer(self, pod: str, method: str, path: str, body: object) -> Answer:
        rows = self.rows.setdefault(pod if self.sins.in_memory else "database", {})
        if not self.sins.quiet:
            self.lines.setdefault(pod, []).append(f"{method} {path}")
        if body is not None and not self.sins.quiet and not self.sins.tells_requests_only:
            place = self.held if self.sins.held_back else self.lines
            place.setdefault(pod, []).append(f"row written: {body}")
        if path == "/about":
            greeting = "hello" if self.sins.built_in else self.copies.get(pod, {}).get("GREETING", "hello")
            return said(200, {"greeting": greeting})
        if path == "/readyz":
            return said(200, {})
        if self.sins.broken or (self.sins.fails_together and len(self.up) > 1):
            return said(500, "deadlock")
        if path == "/x" and method == "GET":
            return said(200, {"items": list(rows.values()) * (2 if self.sins.twice and len(self.up) > 1 else 1)})
        if method == "POST":
            key = str(len(rows) + 1)
            rows[key] = {"id": key, **(body if isinstance(body, dict) else {})}
            return said(201, {**rows[key], "pod": pod})
        row = rows.get(path.rpartition("/")[2])
        return said(200, {**row, "pod": pod}) if row else said(404, {})


def said(status: int, body: object) -> Answer:
    """An answer in JSON."""
    return Answer(status, json.dumps(body).encode())


def played_twin(**sins: bool) -> PlayedTwin:
    """A twin with these sins."""
    digest = "sha256:" + "a" * 64
    spec = ReleaseSpec(service="orders", number=1, environment="dev", image=IMAGE, digest=digest)
    release = Release(spec=spec, metadata=ObjectMeta(name="orders-r1", namespace="orders-dev"))
    config = {"PORT": Variable(), "GREETING": Variable(try_="good evening", at="/about", field="greeting")}
    file = ProjectFile("orders", {"dev": Environment("deploy")}, config=config)
    nothing: Any = None
    return PlayedTwin(
        nothing, nothing, release, Project(Path(), file), JOURNEY, "done-1", (), lambda _: None,
        plan=RunPlan((), (), (WORKLOAD,)), sins=Sins(**sins),
    )  # fmt: skip


def _pod(name: str, phase: str = "Running") -> Pod:
    import msgspec

    containers = [{"name": "orders", "ready": phase == "Running", "restartCount": 0, "image": "", "imageID": ""}]
    status = {"phase": phase, "containerStatuses": containers, "podIP": "10.0.0.1"}
    return msgspec.convert({"metadata": {"name": name}, "spec": {"containers": []}, "status": status}, Pod)

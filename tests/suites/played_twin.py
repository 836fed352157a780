"""A twin whose copies are played in memory: what the experiments decide can be tried without a cluster."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typing_extensions import override

from wherry.api.core.pod import Pod
from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.kit.process import Completed
from wherry.method.delivery.run_plan import RunPlan
from wherry.method.experiments.journey import Answer, Expect, Journey, Step
from wherry.method.experiments.twin import Twin
from wherry.method.project import Environment, Project, ProjectFile, Variable

IMAGE = "orders@sha256:" + "a" * 64
JOURNEY = Journey(
    (
        Step("POST /x", body={"item": "${token}"}, expect=Expect(201), capture={"row": "id"}),
        Step("GET /x/${row}", expect=Expect(200, {"item": "${token}"})),
    )
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
    fixed_port: bool = False
    nowhere: bool = False
    built_in: bool = False
    silent_default: bool = False
    mute: bool = False
    fails_together: bool = False


@dataclass
class PlayedTwin(Twin):
    """A service with rows, in `sins` or not."""

    sins: Sins = field(default_factory=Sins)
    rows: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)
    copies: dict[str, dict[str, str]] = field(default_factory=dict)
    up: list[str] = field(default_factory=list)
    count: int = 0

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
    async def execute(self, pod: str, program: str) -> Completed | None:
        size = sum(map(len, self.lines.values())) if self.sins.log_file else 10
        return Completed(0, b'{"/tmp/app.txt": [%d, true]}' % size, b"")

    @override
    async def start_copy(self, name: str, env: list[Document]) -> None:
        self.copies[name] = {str(entry["name"]): str(entry.get("value", "")) for entry in env}
        missing = {"PORT", "GREETING"} - self.copies[name].keys()
        if missing and not self.sins.mute:
            self.lines[name] = [f"{one} is not set" for one in missing]

    @override
    async def until(
        self, is_so: Callable[[dict[str, Pod]], bool], *, selector: str = "", name: str = "", timeout_s: float = 0
    ) -> dict[str, Pod]:
        from wherry.method.experiments.twin import CannotTry

        ends = not self.sins.silent_default and len(self.copies.get(name, {})) < 2
        pods = {name: _pod(name, "Failed" if ends else "Running")}
        if not is_so(pods):
            raise CannotTry("not so")
        return pods

    @override
    async def ask(self, base: str, method: str, path: str, body: object) -> Answer:
        found = re.search(r"/pods/([^:]+):(\d+)/proxy", base)
        pod = found[1] if found else self.up[self.count % len(self.up)]
        self.count += 1
        if pod in self.copies:
            listens = "8080" if self.sins.fixed_port else self.copies[pod].get("PORT", "")
            if self.sins.nowhere or (found is not None and found[2] != listens):
                return Answer(0, "nobody listens")
        return self._answer(pod, method, path, body)

    def _answer(self, pod: str, method: str, path: str, body: object) -> Answer:
        rows = self.rows.setdefault(pod if self.sins.in_memory else "database", {})
        if not self.sins.quiet:
            self.lines.setdefault(pod, []).append(f"{method} {path}")
        if path == "/about":
            greeting = "hello" if self.sins.built_in else self.copies.get(pod, {}).get("GREETING", "hello")
            return Answer(200, {"greeting": greeting})
        if path == "/readyz":
            return Answer(200, {})
        if self.sins.fails_together and len(self.up) > 1:
            return Answer(500, "deadlock")
        if method == "POST":
            key = str(len(rows) + 1)
            rows[key] = {"id": key, **(body if isinstance(body, dict) else {})}
            return Answer(201, {**rows[key], "pod": pod})
        row = rows.get(path.rpartition("/")[2])
        return Answer(200, {**row, "pod": pod}) if row else Answer(404, {})


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

    return msgspec.convert({"metadata": {"name": name}, "spec": {"containers": []}, "status": {"phase": phase}}, Pod)

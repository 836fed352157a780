"""What the demonstration acts with: the real kubectl, calls to the application, a container's process."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from wherry.cli.output import Trouble
from wherry.cli.programs import kubectl_path
from wherry.cluster.data_dir import DataDir
from wherry.kit.clock import Clock
from wherry.kit.process import Completed, run
from wherry.kit.tasks import TaskScope
from wherry.kit.threads import run_in_thread

KUBECTL_TIMEOUT_S = 90.0
CALL_TIMEOUT_S = 5.0
CALLERS = 4
CALL_PAUSE_S = 0.01
"""People think between two requests; without it the callers would need the whole machine for themselves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application said; `status` 0 means that it did not answer at all."""

    status: int
    body: Mapping[str, object]

    @property
    def pod(self) -> str:
        """The pod that answered."""
        where = self.body.get("answered_by")
        return str(where.get("pod", "")) if isinstance(where, dict) else ""

    @property
    def node(self) -> str:
        """The node on which it ran."""
        where = self.body.get("answered_by")
        return str(where.get("node", "")) if isinstance(where, dict) else ""

    @property
    def version(self) -> str:
        """The release that answered."""
        where = self.body.get("answered_by")
        return str(where.get("version", "")) if isinstance(where, dict) else ""


@dataclass(slots=True)
class Stage:
    """One cluster, one namespace, one application."""

    data_dir: DataDir
    namespace: str
    environment: dict[str, str] = field(default_factory=dict)

    async def kubectl(self, *arguments: str, text: str = "") -> str:
        """Run the real kubectl and give what it says. Raises Trouble with its own words."""
        done = await self.try_kubectl(*arguments, text=text)
        if done.exit_code != 0:
            raise Trouble(f"kubectl {' '.join(arguments[:3])} ...: {done.message()}", remedy="wherry story --tail 20")
        return done.stdout.decode().strip()

    async def try_kubectl(self, *arguments: str, text: str = "") -> Completed:
        """The same, whatever it answers."""
        environment = {**os.environ, **self.environment, "KUBECONFIG": str(self.data_dir.kubeconfig)}  # noqa: TID251
        argv = [str(kubectl_path()), "--namespace", self.namespace, *arguments]
        return await run(argv, input=text.encode(), timeout_s=KUBECTL_TIMEOUT_S, env=environment)

    async def get(self, *arguments: str) -> dict[str, object]:
        """`kubectl get ... -o json`, parsed."""
        parsed = json.loads(await self.kubectl("get", *arguments, "-o", "json"))
        assert isinstance(parsed, dict)
        return parsed

    async def call(self, address: str, method: str, path: str, body: object = None) -> Answer:
        """Ask the application through its Service, on a connection of its own."""
        return await run_in_thread(call, address, method, path, body)


def call(address: str, method: str, path: str, body: object = None) -> Answer:
    """One HTTP request; a connection that fails is an answer with status 0."""
    connection = http.client.HTTPConnection(address, timeout=CALL_TIMEOUT_S)
    try:
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, {"content-type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        return Answer(response.status, json.loads(content) if content else {})
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, {"error": str(error)})
    finally:
        connection.close()


class Callers:
    """People who use the application all the time, to see whether they notice anything.

    Example:
        async with Callers(stage, clock, "10.96.0.7:80", "/x/1") as callers:
            ...
        callers.answers
    """

    def __init__(self, stage: Stage, clock: Clock, address: str, path: str) -> None:
        """They call `path` at `address`, one request after the other, until the block ends."""
        self.answers: list[Answer] = []
        self._stage = stage
        self._clock = clock
        self._address = address
        self._path = path
        self._scope = TaskScope("callers")

    async def __aenter__(self) -> Callers:
        """Begin."""
        _ = await self._scope.__aenter__()
        for number in range(CALLERS):
            _ = self._scope.start(f"caller-{number}", self._keep_calling())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        await self._scope.__aexit__(kind, error, trace)

    async def _keep_calling(self) -> None:
        while True:
            self.answers.append(await self._stage.call(self._address, "GET", self._path))
            await self._clock.sleep(CALL_PAUSE_S)


def processes_of(container_id: str) -> list[int]:
    """The ids of a container's processes on this machine, its first one first; anybody may look."""
    short = container_id.rpartition("/")[2]
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            if short in (entry / "cgroup").read_text():
                found.append(int(entry.name))
        except OSError:
            continue
    return sorted(found)


def kill(pid: int) -> None:
    """Kill with -9."""
    os.kill(pid, signal.SIGKILL)

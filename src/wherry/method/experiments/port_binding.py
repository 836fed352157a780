"""VII, live: start a copy with another PORT, and see whether it listens there."""

from __future__ import annotations

import random

from wherry.api.core.pod import Pod
from wherry.apimachinery.document import Document
from wherry.kit.clock import SystemClock
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, shown
from wherry.method.experiments.journey import Answer, play
from wherry.method.experiments.twin import Twin

NAME = "other-port"
LISTEN_S = 15.0
STEP_S = 0.2
PORT_MIN, PORT_MAX = 20000, 29999
LISTENERS = """
import os
own = set()
for pid in ('1',):
    for fd in os.listdir('/proc/%s/fd' % pid):
        try:
            own.add(os.readlink('/proc/%s/fd/%s' % (pid, fd)))
        except OSError:
            pass
for table in ('/proc/net/tcp', '/proc/net/tcp6'):
    try:
        rows = open(table).read().splitlines()[1:]
    except OSError:
        continue
    for row in rows:
        parts = row.split()
        if parts[3] == '0A':
            address, port = parts[1].split(':')
            any_address = not address.strip('0')
            print(int(port, 16), 'own' if 'socket:[%s]' % parts[9] in own else 'other', 'any' if any_address else 'one')
"""


async def run(twin: Twin) -> list[Observation]:
    """Does the service itself listen on the port that it is given?"""
    port = random.randint(PORT_MIN, PORT_MAX)  # noqa: S311 - no secret
    try:
        await twin.start_copy(NAME, [*without(twin.environment(), "PORT"), {"name": "PORT", "value": str(port)}])
        _ = await twin.until(_has_started, name=NAME)
        return await _judge(twin, port)
    finally:
        await twin.remove(NAME)


def without(environment: list[Document], name: str) -> list[Document]:
    """The variables but one."""
    return [entry for entry in environment if entry.get("name") != name]


def _has_started(pods: dict[str, Pod]) -> bool:
    return any(pod.status.phase in ("Running", "Succeeded", "Failed") for pod in pods.values())


async def _judge(twin: Twin, port: int) -> list[Observation]:
    there = await _answers(twin, port)
    if not there:
        here = await twin.ask(_base(twin, twin.port), "GET", _probe(twin), None)
        if here.status:
            return [
                refuted(
                    f"Told to listen on port {port}, the service still listens on {twin.port}.",
                    "port-binding",
                    fix='take the port from the environment: port=int(os.environ["PORT"])',
                )
            ]
        words = (await twin.log(NAME)).strip().splitlines()[-1:]
        return [
            refuted(
                f"Told to listen on port {port}, the service listens nowhere that others can reach"
                + (f'; it says "{words[0][:120]}".' if words else "."),
                "port-binding",
                fix='listen on all addresses, on the port of the environment: host="0.0.0.0"',
            )
        ]
    found = []
    listeners = await twin.execute(NAME, LISTENERS)
    if listeners is not None and not listeners.exit_code:
        rows = [line.split() for line in listeners.stdout.decode().splitlines()]
        mine = [row for row in rows if row[0] == str(port)]
        if mine and all(row[1] == "other" for row in mine):
            found.append(open_question("The listening socket does not belong to the container's first process."))
    if twin.journey is not None:

        async def ask(method: str, path: str, body: object) -> Answer:
            return await twin.ask(_base(twin, port), method, path, body)

        played = await play(twin.journey, ask)
        if played.trouble:
            found.append(open_question(f"It listens on {port}, but the journey does not pass there: {played.trouble}."))
    if not found:
        found.append(
            shown(f"Told to listen on port {port}, the service listens there by itself, and the journey passes.")
        )
    return found


def _base(twin: Twin, port: int) -> str:
    return f"/api/v1/namespaces/{twin.namespace}/pods/{NAME}:{port}/proxy"


def _probe(twin: Twin) -> str:
    for key in ("readinessProbe", "livenessProbe"):
        probe = twin.container.get(key)
        get = probe.get("httpGet") if isinstance(probe, dict) else None
        if isinstance(get, dict) and get.get("path"):
            return str(get["path"])
    return "/"


async def _answers(twin: Twin, port: int) -> bool:
    clock = SystemClock()
    until_s = clock.monotonic_s() + LISTEN_S
    while clock.monotonic_s() < until_s:
        if (await twin.ask(_base(twin, port), "GET", _probe(twin), None)).status:
            return True
        pods = await twin.until(_has_started, name=NAME)
        if any(pod.status.phase in ("Succeeded", "Failed") for pod in pods.values()):
            return False
        if (await twin.ask(_base(twin, twin.port), "GET", _probe(twin), None)).status:
            return False
        await clock.sleep(STEP_S)
    return False


PORT_BINDING = Experiment("port-binding", run)

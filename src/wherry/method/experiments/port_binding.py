"""VII, live: start a copy with another PORT, and see whether it listens there."""

from __future__ import annotations

import random

from wherry.api.core.pod import Pod
from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import parse_time
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, is_fine, open_question, refuted, remark, shown
from wherry.method.journey.play import CannotCall
from wherry.method.twins.twin import Twin

NAME = "other-port"
LISTEN_S, LISTEN_S_MAX = 15.0, 60.0
# How many times longer than the first copy another one may need: others are tried beside it.
BUSY = 3
STEP_S = 0.2
PORT_MIN, PORT_MAX = 20000, 29999
# Programs that serve the web for others.
WEB_SERVERS = frozenset(("nginx", "httpd", "apache2", "caddy", "haproxy", "traefik", "lighttpd", "envoy"))


async def run(twin: Twin) -> list[Observation]:
    """Does the service itself listen on the port that it is given?"""
    port = random.randint(PORT_MIN, PORT_MAX)  # noqa: S311 - no secret
    (own,) = await twin.scale(1)
    try:
        environment: list[Document] = [*without(twin.environment(), "PORT"), {"name": "PORT", "value": str(port)}]
        # Its probes would ask on the old port, and end it while it starts.
        await twin.start_copy(NAME, environment, is_probed=False)
        twin.note(f"A copy was started with PORT={port}.")
        _ = await twin.until(_has_started, name=NAME)
        return await _judge(twin, port, patience_s(own, twin.container))
    finally:
        await twin.remove(NAME)


def without(environment: list[Document], name: str) -> list[Document]:
    """The variables but one."""
    return [entry for entry in environment if entry.get("name") != name]


def patience_s(own: Pod, container: Document) -> float:
    """How long a copy may need until it listens: some times what the service's own has needed. Pure.

    Args:
        own: the service's own pod, which is ready.
        container: the service's container, as it was released.
    """
    states = [one.state for one in own.status.container_statuses if one.name == container.get("name")]
    started = [one.running.started_at for one in states if one and one.running and one.running.started_at]
    ready = [one.last_transition_time for one in own.status.conditions if one.type == "Ready" and one.status == "True"]
    if not (started and any(ready) and {"readinessProbe", "startupProbe"} & container.keys()):
        # Nobody has looked when it listened.
        return LISTEN_S_MAX
    needed_s = parse_time(ready[0]) - parse_time(started[0])
    return min(max(LISTEN_S, BUSY * needed_s), LISTEN_S_MAX)


def _has_started(pods: dict[str, Pod]) -> bool:
    return any(pod.status.phase in ("Running", "Succeeded", "Failed") for pod in pods.values())


async def _judge(twin: Twin, port: int, within_s: float) -> list[Observation]:
    there = await _answers(twin, port, within_s)
    if not there:
        if await _reaches(twin, twin.port):
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
    found = await _judge_listeners(twin, port)
    if twin.journey is not None and (trouble := (await twin.play(twin.pod_calls(NAME, port))).trouble):
        found.append(open_question(f"It listens on {port}, but the journey does not pass there: {trouble}."))
    if is_fine(found):
        found.insert(
            0, shown(f"Told to listen on port {port}, the service listens there by itself, and the journey passes.")
        )
    return found


async def _judge_listeners(twin: Twin, port: int) -> list[Observation]:
    rows = await twin.look(NAME, "listeners")
    if not isinstance(rows, list):
        return [remark("Which process listens cannot be seen here (no python3 in the image, or no exec).")]
    return judge_owner(port, [(int(number), bool(anywhere), str(name)) for number, anywhere, name in rows])


def judge_owner(port: int, rows: list[tuple[int, bool, str]]) -> list[Observation]:
    """Whose socket listens on the port: the service's own, a web server's, or another container's. Pure."""
    mine = [row for row in rows if row[0] == port]
    if not mine:
        return [open_question(f"It answers on port {port}, but no socket of this pod listens there.")]
    _, anywhere, program = mine[0]
    if program in WEB_SERVERS:
        return [
            refuted(
                f"Not the service listens on its port, but the web server {program} in front of it.",
                "port-binding",
                fix="let the service listen on its port itself, with a server library",
            )
        ]
    if not program:
        return [open_question("The listening socket belongs to another container of the pod (a sidecar?).")]
    where = "on all addresses" if anywhere else "on one address"
    return [remark(f"Its own process {program} listens there, {where}.")]


def _probe(twin: Twin) -> str:
    for key in ("readinessProbe", "livenessProbe"):
        probe = twin.container.get(key)
        get = probe.get("httpGet") if isinstance(probe, dict) else None
        if isinstance(get, dict) and get.get("path"):
            return str(get["path"])
    return "/"


async def _answers(twin: Twin, port: int, within_s: float) -> bool:
    until_s = twin.clock.monotonic_s() + within_s
    while twin.clock.monotonic_s() < until_s:
        if await _reaches(twin, port):
            return True
        pods = await twin.until(_has_started, name=NAME)
        if any(map(twin.has_ended, pods.values())) or await _reaches(twin, twin.port):
            return False
        await twin.clock.sleep(STEP_S)
    return False


async def _reaches(twin: Twin, port: int) -> bool:
    """Whether the copy answers on a port at all, whatever it says."""
    try:
        _ = await twin.pod_calls(NAME, port)("GET", _probe(twin), None)
    except CannotCall:
        return False
    return True


PORT_BINDING = Experiment("port-binding", run, budget_s=120.0)

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from suites import probe_suite
from suites.probe_suite import Check, ProbeCase, Scene, Stage
from wherry.agent.pod_events import ProbeResult
from wherry.agent.probes import exec as exec_probe
from wherry.agent.probes import http, tcp
from wherry.agent.probes.http_client import get
from wherry.agent.probes.interface import Outcome, ProbeTarget, ProbeType, resolve_port
from wherry.agent.probes.registry import PROBE_TYPES
from wherry.agent.probes.worker import ProbeWorker
from wherry.api.core.container import ExecAction, HTTPGetAction, HTTPHeader, Probe, TCPSocketAction
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.runtime.interface import DeadlineExceeded, ExecResult


async def no_exec(container_id: str, command: tuple[str, ...], timeout_s: float) -> ExecResult:
    raise AssertionError("not asked for")


class Server:
    """Answers every request with `answer`, or never."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.over = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            if self.answer is None:
                await self.over.wait()
            else:
                writer.write(self.answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(answer: bytes | None) -> AsyncIterator[tuple[Server, int]]:
    server = Server(answer)
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    try:
        yield server, listener.sockets[0].getsockname()[1]
    finally:
        server.over.set()
        listener.close()
        await listener.wait_closed()


def target(**ports: int) -> ProbeTarget:
    return ProbeTarget("c-0", "127.0.0.1", ports, no_exec)


def http_stage(answer: bytes | None) -> Stage:
    @asynccontextmanager
    async def stage() -> Scene:
        async with serving(answer) as (_, port):
            yield target(web=port), HTTPGetAction(port="web", path="/healthz")

    return stage


@asynccontextmanager
async def tcp_open() -> Scene:
    async with serving(b"") as (_, port):
        yield target(), TCPSocketAction(port=port)


@asynccontextmanager
async def tcp_closed() -> Scene:
    async with serving(b"") as (_, port):
        pass
    yield target(), TCPSocketAction(port=port)


def exec_stage(exit_code: int, output: bytes = b"") -> Stage:
    @asynccontextmanager
    async def stage() -> Scene:
        async def run(container_id: str, command: tuple[str, ...], timeout_s: float) -> ExecResult:
            assert (container_id, command) == ("c-0", ("check",))
            return ExecResult(exit_code, b"" if exit_code == 0 else output, b"")

        yield ProbeTarget("c-0", "127.0.0.1", {}, run), ExecAction(command=("check",))

    return stage


OK = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
CASES = [
    ProbeCase(
        http.HTTP_GET, http_stage(OK), http_stage(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), http_stage(None)
    ),
    ProbeCase(tcp.TCP_SOCKET, tcp_open, tcp_closed, None),
    ProbeCase(exec_probe.EXEC, exec_stage(0), exec_stage(1, b"sick"), None),
]


def test_every_way_of_probing_has_a_case() -> None:
    assert [case.kind for case in CASES] == [kind for name in ("http_get", "tcp_socket", "exec")
                                             for kind in PROBE_TYPES if kind.field == name]  # fmt: skip
    assert len(CASES) == len(PROBE_TYPES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.field)
@pytest.mark.parametrize("check", probe_suite.ALL, ids=lambda check: check.__name__)
async def test_probe_suite(case: ProbeCase, check: Check) -> None:
    if case.silent is None and check in (probe_suite.gives_up_in_time, probe_suite.stops_when_cancelled):
        return
    await check(case)


async def test_a_command_that_takes_too_long_is_a_failure_that_says_so(clock: FakeClock) -> None:
    async def run(container_id: str, command: tuple[str, ...], timeout_s: float) -> ExecResult:
        raise DeadlineExceeded("killed")

    outcome = await exec_probe.EXEC.probe(ProbeTarget("c", "", {}, run), ExecAction(command=("a", "b")), 1.0, clock)
    assert outcome == Outcome(ok=False, message='command timed out: "a b" timed out after 1s')


async def test_a_refused_http_probe_reads_as_in_kubernetes(clock: FakeClock) -> None:
    async with tcp_closed() as (_, handler):
        assert isinstance(handler, TCPSocketAction)
        outcome = await http.HTTP_GET.probe(target(), HTTPGetAction(port=handler.port, path="/x"), 5.0, clock)
    where = f"127.0.0.1:{handler.port}"
    assert outcome.message == f'Get "http://{where}/x": dial tcp {where}: connect: connection refused'


async def test_an_http_probe_says_who_it_is_and_sends_the_given_headers(clock: FakeClock) -> None:
    async with serving(OK) as (server, port):
        handler = HTTPGetAction(port=port, path="/a?b=1", http_headers=(HTTPHeader(name="X-A", value="1"),))
        assert (await http.HTTP_GET.probe(target(), handler, 5.0, clock)).ok
    lines = server.requests[0].split(b"\r\n")
    assert lines[0] == b"GET /a?b=1 HTTP/1.1"
    assert b"User-Agent: kube-probe/1.36" in lines
    assert b"X-A: 1" in lines


async def test_a_redirect_to_another_host_is_an_answer_and_one_to_the_same_host_is_followed() -> None:
    async with serving(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n") as (_, port):
        assert (await get(f"http://127.0.0.1:{port}/", [])).status == 302
    async with serving(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n") as (server, port):
        with pytest.raises(ValueError, match="stopped after 10 redirects"):
            await get(f"http://127.0.0.1:{port}/", [])
        assert server.requests[1].startswith(b"GET /again ")


async def test_an_answer_that_is_not_http_is_a_failure(clock: FakeClock) -> None:
    async with serving(b"hello\r\n\r\n") as (_, port):
        outcome = await http.HTTP_GET.probe(target(), HTTPGetAction(port=port), 5.0, clock)
    assert "malformed HTTP response" in outcome.message


def test_ports_are_found_by_number_by_name_and_by_number_as_text() -> None:
    assert [resolve_port(port, {"web": 80}) for port in (8080, "web", "99")] == [8080, 80, 99]
    with pytest.raises(ValueError, match="couldn't find port: nope"):
        resolve_port("nope", {})


class Patient:
    """A container that answers a probe with what it was told to say, in order; then for ever the last."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.looks: list[float] = []

    def kind(self, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
        async def look(target: ProbeTarget, handler: object, timeout_s: float, _clock: object) -> Outcome:
            self.looks.append(round(clock.monotonic_s(), 3))
            ok = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            return Outcome(ok, "" if ok else "no")

        kind = ProbeType("tcp_socket", look)
        monkeypatch.setattr("wherry.agent.probes.worker.handler_of", lambda _probe: (kind, object()))


async def watch(
    patient: Patient, kind: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, seconds: float, **probe: Any
) -> list[ProbeResult]:
    patient.kind(clock, monkeypatch)
    told: list[ProbeResult] = []
    spec = Probe(tcp_socket=TCPSocketAction(port=1), **probe)
    healthy = True if kind == "liveness" else None
    worker = ProbeWorker("c", kind, spec, target(), clock, told.append, healthy=healthy)  # type: ignore[arg-type]
    async with TaskScope("test") as scope:
        _ = scope.start("probe", worker.run())
        await settle()
        for _ in range(round(seconds * 100)):
            await clock.advance(0.01)
    return told


async def test_the_first_look_comes_at_once(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = Patient(True)
    told = await watch(patient, "readiness", clock, monkeypatch, 0.1, period_seconds=10)
    assert [result.ok for result in told] == [True]
    assert patient.looks[0] == 0


async def test_a_server_that_is_still_starting_is_ready_soon_and_not_a_period_later(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Patient(False, False, False, True)
    told = await watch(patient, "readiness", clock, monkeypatch, 1, period_seconds=10)
    assert patient.looks == [0, 0.05, 0.15, 0.35]
    assert [(result.ok, result.decided) for result in told] == [(False, False), (True, True)]


async def test_quick_looks_do_not_count_as_failures(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    told = await watch(Patient(False), "startup", clock, monkeypatch, 5, period_seconds=2, failure_threshold=3)
    assert [result.decided for result in told] == [False, False, True]


async def test_liveness_fails_only_after_its_threshold(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = Patient(True, False, True, False, False)
    told = await watch(patient, "liveness", clock, monkeypatch, 5, period_seconds=1, failure_threshold=2)
    assert [(result.ok, result.decided) for result in told] == [(False, False), (False, False), (False, True)]
    assert patient.looks[:5] == [0, 1, 2, 3, 4]


async def test_readiness_comes_back_after_its_success_threshold(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Patient(True, False, True, True, True)
    told = await watch(
        patient, "readiness", clock, monkeypatch, 4.5, period_seconds=1, failure_threshold=1, success_threshold=1
    )
    assert [result.ok for result in told] == [True, False, True]


async def test_the_initial_delay_is_kept(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = Patient(True)
    await watch(patient, "readiness", clock, monkeypatch, 3.5, period_seconds=10, initial_delay_seconds=3)
    assert [round(look) for look in patient.looks] == [3]

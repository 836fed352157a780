"""The node's own API: logs, exec, attach, port-forward, and what pods there are.

Only the API server calls it, for itself and for whoever may use the node's proxy. Paths are
/containerLogs/NAMESPACE/POD/CONTAINER, /exec/..., /attach/..., /portForward/NAMESPACE/POD, /pods, /stats/summary,
/metrics, /metrics/resource and /healthz; refusals are Status objects with Kubernetes' wording.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from urllib.parse import unquote

import msgspec
import orjson

from wherry.agent.channels import (
    EXEC_PROTOCOLS,
    PORT_FORWARD_PROTOCOLS,
    choose_protocol,
    refused_upgrade,
    session_upgrade,
)
from wherry.agent.container_record import ContainerRecord
from wherry.agent.log_files import LogFiles
from wherry.agent.log_lines import LogOptions
from wherry.agent.log_reader import read_log
from wherry.agent.node_stats import (
    ContainerStats,
    NodeStats,
    PodStats,
    own_metrics,
    resource_metrics,
    summary,
    total,
)
from wherry.agent.node_status import memory_free_bytes
from wherry.agent.pod_worker import PodWorker
from wherry.agent.port_forward import port_forward_upgrade
from wherry.agent.port_forward_tunnel import (
    PORT_FORWARD_PROTOCOL,
    TUNNEL_PROTOCOL,
    spdy_port_forward_upgrade,
    tunnel_upgrade,
)
from wherry.agent.sized_terminal import SizedTerminal
from wherry.agent.spdy_exec import PROTOCOLS as SPDY_PROTOCOLS
from wherry.agent.spdy_exec import VERSION_HEADER, spdy_refused_upgrade, spdy_session_upgrade
from wherry.apimachinery.errors import BadRequest, Forbidden, NotFound, StatusError
from wherry.apimachinery.numerals import whole_number
from wherry.apimachinery.timestamps import parse_time
from wherry.kit.clock import Clock
from wherry.kit.http.types import Request, Response, StreamUpgrade, Upgrade
from wherry.runtime.interface import ExecSession, RuntimeFailure, RuntimeService

TEXT = "text/plain"
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_TRUE = ("true", "1", "True", "t")


class NodeServer:
    """Answers for one node's pods."""

    def __init__(
        self,
        workers: Mapping[str, PodWorker],
        runtime: RuntimeService,
        logs: LogFiles,
        clock: Clock,
        node_name: str,
    ) -> None:
        """`workers` are the pods that there are now, by uid."""
        self._node_name = node_name
        self._workers = workers
        self._runtime = runtime
        self._logs = logs
        self._clock = clock

    async def handle(self, request: Request) -> Response:
        """Answer one request (an App)."""
        verb, *names = [unquote(part) for part in request.path.strip("/").split("/")]
        query = request.query_items()
        try:
            match verb, names:
                case "containerLogs", [namespace, pod, container]:
                    return self._container_logs(namespace, pod, container, dict(query))
                case "exec", [namespace, pod, container]:
                    return await self._exec(request, namespace, pod, container)
                case "attach", [namespace, pod, container]:
                    return await self._attach(request, namespace, pod, container)
                case "portForward", [namespace, pod]:
                    return self._port_forward(request, namespace, pod)
        except StatusError as error:
            return Response(error.code, body=error.to_bytes())
        return await self._facts("/".join((verb, *names))) or _unknown()

    async def _facts(self, path: str) -> Response | None:
        """What there is and how it is."""
        match path:
            case "healthz":
                return Response(content_type=TEXT, body=b"ok")
            case "pods":
                return self._pods()
            case "stats/summary":
                return Response(body=orjson.dumps(summary(await self._stats())))
            case "metrics":
                return Response(content_type=METRICS_TYPE, body=own_metrics(await self._stats()).encode())
            case "metrics/resource":
                return Response(content_type=METRICS_TYPE, body=resource_metrics(await self._stats()).encode())
        return None

    def _pods(self) -> Response:
        items = [msgspec.to_builtins(worker.pod) for worker in self._workers.values()]
        return Response(body=orjson.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}))

    async def _stats(self) -> NodeStats:
        """What is used now. The node's own use is that of its containers: the rest of the machine is not Wherry's."""
        pods = [PodStats(worker.pod, await self._running_containers(worker)) for worker in self._workers.values()]
        return NodeStats(
            self._node_name, self._clock.now_s(), total(each.usage for each in pods), memory_free_bytes(), pods
        )

    async def _running_containers(self, worker: PodWorker) -> list[ContainerStats]:
        found = []
        for record in worker.state.records.values():
            if record.container_id and record.termination is None:
                with suppress(RuntimeFailure):
                    status = await self._runtime.container_status(record.container_id)
                    usage = await self._runtime.container_usage(record.container_id)
                    found.append(ContainerStats(record.name, status.started_at_s, usage))
        return found

    def _worker(self, namespace: str, name: str) -> PodWorker:
        for worker in self._workers.values():
            if (worker.pod.metadata.namespace, worker.pod.metadata.name) == (namespace, name):
                return worker
        raise NotFound(f'pods "{name}" not found', name=name, kind="pods")

    def _record(self, worker: PodWorker, container: str) -> ContainerRecord:
        record = worker.state.records.get(container)
        if record is None:
            raise BadRequest(f"container {container} is not valid for pod {worker.pod.metadata.name}")
        return record

    # Logs -------------------------------------------------------------------------------------------

    def _container_logs(self, namespace: str, name: str, container: str, query: Mapping[str, str]) -> Response:
        worker = self._worker(namespace, name)
        record = self._record(worker, container)
        options = _log_options(query, self._clock.now_s())
        attempts = self._logs.attempts(worker.pod, container)
        uid_name = f'container "{container}" in pod "{name}"'
        if options.previous:
            wanted = [attempt for attempt in attempts if attempt < record.attempt]
            if record.attempt == 0 or not wanted:
                raise BadRequest(f"previous terminated {uid_name} not found")
            attempt = wanted[-1]
        elif attempts:
            # A container that waits for its next start shows what its last run said.
            attempt = attempts[-1]
        else:
            reason = record.waiting_reason or "ContainerCreating"
            raise BadRequest(f"{uid_name} is waiting to start: {reason}")
        ended = asyncio.Event()
        ended.set()
        if attempt == record.attempt and record.container_id and record.termination is None:
            ended = worker.ended.setdefault(record.container_id, asyncio.Event())
        return Response(
            content_type=TEXT, body=read_log(self._logs.path(worker.pod, container, attempt), options, ended)
        )

    # Streams ----------------------------------------------------------------------------------------

    async def _exec(self, request: Request, namespace: str, name: str, container: str) -> Response:
        record = self._running(namespace, name, container)
        query = request.query_items()
        command = [value for key, value in query if key == "command"]
        if not command:
            raise BadRequest("you must specify at least 1 command to run")
        protocol = _protocol(request, EXEC_PROTOCOLS, SPDY_PROTOCOLS)
        wanted = wanted_streams(query)
        tty = "resize" in wanted
        start = partial(self._runtime.exec, record.container_id, command, tty=tty, stdin="stdin" in wanted)
        try:
            session = SizedTerminal(start) if tty else await start()
        except RuntimeFailure as error:
            return Response(101, upgrade=_refusal(request, protocol, wanted, str(error)))
        return Response(101, upgrade=_conversation(request, protocol, session, wanted))

    async def _attach(self, request: Request, namespace: str, name: str, container: str) -> Response:
        record = self._running(namespace, name, container)
        protocol = _protocol(request, EXEC_PROTOCOLS, SPDY_PROTOCOLS)
        wanted = wanted_streams(request.query_items())
        try:
            session = await self._runtime.attach(record.container_id)
        except RuntimeFailure as error:
            return Response(101, upgrade=_refusal(request, protocol, wanted, str(error)))
        return Response(101, upgrade=_conversation(request, protocol, session, wanted, tells_exit=False))

    def _running(self, namespace: str, name: str, container: str) -> ContainerRecord:
        record = self._record(self._worker(namespace, name), container)
        if not record.container_id or record.termination is not None:
            raise BadRequest(f'container not found ("{container}")')
        return record

    def _port_forward(self, request: Request, namespace: str, name: str) -> Response:
        worker = self._worker(namespace, name)
        protocol = _protocol(request, (TUNNEL_PROTOCOL, *PORT_FORWARD_PROTOCOLS), (PORT_FORWARD_PROTOCOL,))
        if not worker.state.pod_ip:
            raise BadRequest(f"pod {name} is not running")
        if _is_spdy(request):
            return Response(101, upgrade=spdy_port_forward_upgrade(f"{namespace}/{name}", worker.state.pod_ip))
        if protocol == TUNNEL_PROTOCOL:
            return Response(101, upgrade=tunnel_upgrade(f"{namespace}/{name}", worker.state.pod_ip))
        texts = [text for key, value in request.query_items() if key == "ports" for text in value.split(",")]
        ports = [whole_number(text) or 0 for text in texts]
        if not ports or not all(0 < port < 65536 for port in ports):
            raise BadRequest('query parameter "ports" is required: numbers from 1 to 65535')
        return Response(101, upgrade=port_forward_upgrade(protocol, worker.state.pod_ip, ports))


def _unknown() -> Response:
    missing = NotFound("the server could not find the requested resource")
    return Response(missing.code, body=missing.to_bytes())


def wanted_streams(query: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The streams of a conversation with a program; a terminal has no stderr, and can change its size."""
    given = {key for key, value in query if value in _TRUE}
    if "tty" in given:
        return frozenset(given & {"stdin", "stdout"} | {"error", "resize"})
    return frozenset(given & {"stdin", "stdout", "stderr"} | {"error"})


def _is_spdy(request: Request) -> bool:
    return request.headers.get("upgrade", "").lower() == "spdy/3.1"


def _protocol(request: Request, known: tuple[str, ...], known_in_spdy: tuple[str, ...]) -> str:
    """What both sides speak. Raises BadRequest, or Forbidden as upstream does when SPDY clients offer the unknown."""
    if _is_spdy(request):
        offered = ", ".join(request.values(VERSION_HEADER.lower()))
        protocol = choose_protocol(offered, known_in_spdy)
        if protocol is None:
            raise Forbidden(
                f"unable to upgrade: unable to negotiate protocol: client supports [{offered}], "
                f"server supports [{' '.join(known_in_spdy)}]"
            )
        return protocol
    if request.headers.get("upgrade", "").lower() != "websocket":
        raise BadRequest("Upgrade request required")
    protocol = choose_protocol(request.headers.get("sec-websocket-protocol", ""), known)
    if protocol is None:
        raise BadRequest(f"none of the offered WebSocket subprotocols is supported; known: {', '.join(known)}")
    return protocol


def _conversation(
    request: Request, protocol: str, session: ExecSession, wanted: frozenset[str], *, tells_exit: bool = True
) -> Upgrade | StreamUpgrade:
    if _is_spdy(request):
        # Not every client of a terminal changes its size.
        return spdy_session_upgrade(protocol, session, wanted - {"resize"}, tells_exit=tells_exit)
    return session_upgrade(protocol, session, stdin="stdin" in wanted, tells_exit=tells_exit)


def _refusal(request: Request, protocol: str, wanted: frozenset[str], message: str) -> Upgrade | StreamUpgrade:
    if _is_spdy(request):
        return spdy_refused_upgrade(protocol, wanted - {"resize"}, message)
    return refused_upgrade(protocol, message)


def _log_options(query: Mapping[str, str], now_s: float) -> LogOptions:
    """Raises BadRequest."""
    since_s = 0.0
    try:
        if query.get("sinceSeconds"):
            since_s = now_s - int(query["sinceSeconds"])
        elif query.get("sinceTime"):
            since_s = parse_time(query["sinceTime"])
        tail = int(query["tailLines"]) if query.get("tailLines") else None
        limit = int(query["limitBytes"]) if query.get("limitBytes") else None
    except ValueError as error:
        raise BadRequest(f"invalid log options: {error}") from error
    if (tail is not None and tail < 0) or (limit is not None and limit < 1):
        raise BadRequest("invalid log options: tailLines must be at least 0 and limitBytes at least 1")
    return LogOptions(
        follow=query.get("follow") in _TRUE,
        previous=query.get("previous") in _TRUE,
        timestamps=query.get("timestamps") in _TRUE,
        tail_lines=tail,
        limit_bytes=limit,
        since_s=since_s,
        stream=query.get("stream") or "All",
    )

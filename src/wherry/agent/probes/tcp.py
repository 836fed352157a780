"""tcpSocket: a connection that is accepted means well."""

from __future__ import annotations

import asyncio
import contextlib

from wherry.agent.deadline import run_within
from wherry.agent.probes.interface import Outcome, ProbeTarget, ProbeType, resolve_port
from wherry.api.core.container import TCPSocketAction
from wherry.kit.clock import Clock


async def _connect(host: str, port: int) -> None:
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _probe(target: ProbeTarget, handler: object, timeout_s: float, clock: Clock) -> Outcome:
    assert isinstance(handler, TCPSocketAction)
    host = handler.host or target.pod_ip
    try:
        port = resolve_port(handler.port, target.ports)
        await run_within(clock, timeout_s, _connect(host, port))
    except TimeoutError:
        return Outcome(ok=False, message=f"dial tcp {host}:{handler.port}: i/o timeout")
    except ConnectionRefusedError:
        return Outcome(ok=False, message=f"dial tcp {host}:{handler.port}: connect: connection refused")
    except (OSError, ValueError) as error:
        return Outcome(ok=False, message=f"dial tcp {host}:{handler.port}: {error}")
    return Outcome(ok=True)


TCP_SOCKET = ProbeType("tcp_socket", _probe)

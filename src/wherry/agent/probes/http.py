"""httpGet: an answer with a status from 200 to 399 means well."""

from __future__ import annotations

from wherry.agent.deadline import run_within
from wherry.agent.probes.http_client import get
from wherry.agent.probes.interface import Outcome, ProbeTarget, ProbeType, resolve_port
from wherry.api.core.container import HTTPGetAction
from wherry.kit.clock import Clock


def url_of(handler: HTTPGetAction, target: ProbeTarget) -> str:
    """The URL that is asked. Raises ValueError for a port name that the container does not have."""
    host = handler.host or target.pod_ip
    shown = f"[{host}]" if ":" in host else host
    path = handler.path if handler.path.startswith("/") else f"/{handler.path}"
    return f"{(handler.scheme or 'HTTP').lower()}://{shown}:{resolve_port(handler.port, target.ports)}{path}"


async def _probe(target: ProbeTarget, handler: object, timeout_s: float, clock: Clock) -> Outcome:
    assert isinstance(handler, HTTPGetAction)
    url = ""
    try:
        url = url_of(handler, target)
        headers = [(header.name, header.value) for header in handler.http_headers]
        answer = await run_within(clock, timeout_s, get(url, headers))
    except TimeoutError:
        return Outcome(
            ok=False,
            message=f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
        )
    except ConnectionRefusedError:
        address = url.split("/")[2]
        return Outcome(ok=False, message=f'Get "{url}": dial tcp {address}: connect: connection refused')
    except (OSError, EOFError, ValueError) as error:
        return Outcome(ok=False, message=f'Get "{url}": {str(error) or "EOF"}')
    if 200 <= answer.status < 400:
        return Outcome(ok=True)
    return Outcome(ok=False, message=f"HTTP probe failed with statuscode: {answer.status}")


HTTP_GET = ProbeType("http_get", _probe)

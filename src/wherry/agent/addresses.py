"""Asking the network for a pod's address, and living with a no.

The network is a neighbour whose own kinds of errors the agent does not know; so whatever it raises is
taken as its answer, shown to people as it is, and asked again later.
"""

from __future__ import annotations

import asyncio

from wherry.agent.interfaces import PodNetwork
from wherry.apimachinery.meta import ObjectKey


class NoAddress(Exception):
    """The pod cannot be connected now; the message says why."""


async def attach(network: PodNetwork, netns_path: str, sandbox_id: str, pod: ObjectKey, known_ip: str) -> str:
    """The pod's address: `known_ip` if it had one and nobody else has it now, else a new one. Raises NoAddress."""
    answer = await _ask(network, netns_path, sandbox_id, pod, known_ip)
    if isinstance(answer, BaseException) and known_ip:
        answer = await _ask(network, netns_path, sandbox_id, pod, "")
    if isinstance(answer, BaseException):
        raise NoAddress(f"failed to set up network: {answer}") from answer
    return answer


async def _ask(network: PodNetwork, netns_path: str, sandbox_id: str, pod: ObjectKey, ip: str) -> str | BaseException:
    (answer,) = await asyncio.gather(network.attach(netns_path, sandbox_id, pod, ip), return_exceptions=True)
    return answer

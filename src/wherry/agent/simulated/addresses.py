"""Addresses for pods and nodes that nobody can reach: each is given out once, and none leads anywhere.

Pods' addresses come from 100.64.0.0/10 and nodes' from 198.18.0.0/15, ranges that no public network uses.
"""

from __future__ import annotations

from collections import deque
from ipaddress import IPv4Network

POD_NETWORK = IPv4Network("100.64.0.0/10")
NODE_NETWORK = IPv4Network("198.18.0.0/15")


class AddressPool:
    """Who has which address. Released ones are given out again last."""

    def __init__(self, network: IPv4Network) -> None:
        """All of `network` but its first and last address is free."""
        self._first = int(network.network_address) + 1
        self._size = network.num_addresses - 2
        self._next = 0
        self._released: deque[str] = deque()
        self._holders: dict[str, str] = {}
        self._taken: set[str] = set()

    def assign(self, holder: str, known: str = "") -> str:
        """The holder's address: the one it has, else `known` if that is free, else a new one."""
        held = self._holders.get(holder)
        if held is not None:
            return held
        address = known if known and known not in self._taken else self._free()
        self._holders[holder] = address
        self._taken.add(address)
        return address

    def release(self, holder: str) -> None:
        """The holder is gone; nothing happens if it has no address."""
        address = self._holders.pop(holder, None)
        if address is not None:
            self._taken.discard(address)
            self._released.append(address)

    def _free(self) -> str:
        while self._next < self._size:
            address = _dotted(self._first + self._next)
            self._next += 1
            if address not in self._taken:
                return address
        while True:
            # As many pods as addresses (4 million) cannot be: memory ends first.
            address = self._released.popleft()
            if address not in self._taken:
                return address


def node_address(number: int) -> str:
    """The address of the node with this number, from 0 on."""
    return _dotted(int(NODE_NETWORK.network_address) + 1 + number % (NODE_NETWORK.num_addresses - 2))


def _dotted(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))

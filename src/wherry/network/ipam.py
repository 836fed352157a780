"""Which pod has which address: handed out once, remembered across crashes, given again late.

One small file per address, named after it and holding its owner (a sandbox id). The file is made
before the address is used and goes after it is free, so whatever moment the process dies at, an
address that a pod may still have is never given to another.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

# Holds the address handed out last: an address that has just become free is the last to be given again,
# because others may still be sending to it.
_LAST = ".last"


class NoFreeAddress(Exception):
    """Every address of the node's range is in use."""


class AddressInUse(Exception):
    """The address belongs to another sandbox, or is none of this node's."""


class Ipam:
    """The addresses of one node's range. The first is the gateway's."""

    def __init__(self, directory: Path, cidr: str) -> None:
        """Read what was handed out before; `directory` is made if need be."""
        self._network = ipaddress.IPv4Network(cidr)
        assert self._network.num_addresses >= 4, "no room for a gateway and a pod"
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._owners: dict[int, str] = {}
        self._addresses: dict[str, int] = {}
        self._last = self._first - 1
        self._load()

    @property
    def gateway(self) -> str:
        """The node's own address on the bridge."""
        return str(self._network[1])

    @property
    def prefix_length(self) -> int:
        """The range's prefix length."""
        return self._network.prefixlen

    @property
    def _first(self) -> int:
        return int(self._network.network_address) + 2

    @property
    def _end(self) -> int:
        return int(self._network.broadcast_address)

    def owners(self) -> dict[str, str]:
        """Owner -> address, of all that are in use."""
        return {owner: str(ipaddress.IPv4Address(number)) for owner, number in self._addresses.items()}

    def acquire(self, owner: str) -> str:
        """An address for `owner`; the same one again for the same owner. Raises NoFreeAddress."""
        if owner in self._addresses:
            return str(ipaddress.IPv4Address(self._addresses[owner]))
        size = self._end - self._first
        begin = self._last - self._first + 1
        for step in range(size):
            number = self._first + (begin + step) % size
            if number not in self._owners:
                self._take(number, owner)
                return str(ipaddress.IPv4Address(number))
        raise NoFreeAddress(f"all {size} addresses of {self._network} are in use")

    def claim(self, owner: str, address: str) -> None:
        """Note that `owner` has this address already. Raises AddressInUse."""
        number = int(ipaddress.IPv4Address(address))
        if not self._first <= number < self._end:
            raise AddressInUse(f"{address} is none of the pod addresses of {self._network}")
        holder = self._owners.get(number, owner)
        if holder != owner:
            raise AddressInUse(f"{address} belongs to {holder}")
        if self._addresses.get(owner, number) != number:
            self.release(owner)
        if number not in self._owners:
            self._take(number, owner)

    def release(self, owner: str) -> None:
        """Take back what `owner` has; safe to call twice."""
        number = self._addresses.pop(owner, None)
        if number is not None:
            del self._owners[number]
            (self._directory / str(ipaddress.IPv4Address(number))).unlink(missing_ok=True)

    def forget_all(self) -> None:
        """Take back every address, and forget which was the last."""
        for owner in list(self._addresses):
            self.release(owner)
        (self._directory / _LAST).unlink(missing_ok=True)
        self._last = self._first - 1

    def _take(self, number: int, owner: str) -> None:
        address = str(ipaddress.IPv4Address(number))
        (self._directory / address).write_text(owner)
        (self._directory / _LAST).write_text(address)
        self._owners[number] = owner
        self._addresses[owner] = number
        self._last = number

    def _load(self) -> None:
        for path in sorted(self._directory.iterdir()):
            if path.name == _LAST:
                continue
            number = int(ipaddress.IPv4Address(path.name))
            # An empty file is one whose making was cut short: nobody can have the address.
            owner = path.read_text().strip()
            if not owner or owner in self._addresses or not self._first <= number < self._end:
                path.unlink()
                continue
            self._owners[number] = owner
            self._addresses[owner] = number
        last = self._directory / _LAST
        text = last.read_text().strip() if last.exists() else ""
        if text:
            self._last = min(max(int(ipaddress.IPv4Address(text)), self._first - 1), self._end - 1)

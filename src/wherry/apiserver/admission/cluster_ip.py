"""Gives Services their addresses and node ports, and never the same one twice.

What is taken is remembered in memory, per address the key of the Service that has it. The memory is
a hint: whoever wants a taken address looks whether that Service still exists and still has it. So a
deleted Service frees its address by being gone, and a restart needs nothing but the store. Between
choosing and remembering there is no await, and until a write is done or has failed its numbers are
pending, which nobody may touch: two requests cannot choose the same.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

import orjson

from wherry.api.core.service_families import settle_families
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import InternalError, invalid
from wherry.apimachinery.field_errors import FieldError, show
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import list_in, mapping_in, text_in
from wherry.store.interface import Store

SERVICES_PREFIX = "/core/services/"
NODE_PORT_MIN = 30000
NODE_PORT_MAX = 32767
# Like upstream: the lower end of the range is left to people who choose addresses themselves.
STATIC_ADDRESSES_MAX = 256
TINY_RANGE_SIZE = 64
PICK_ATTEMPTS_MAX = 64


class Allocations:
    """Which Service has which number (an address or a port)."""

    def __init__(self, store: Store, numbers_in: Callable[[Document], Iterator[int]]) -> None:
        """`numbers_in` finds the numbers that a Service has."""
        self._store = store
        self._numbers_in = numbers_in
        self._owners: dict[int, str] = {}
        self._pending: set[int] = set()

    def load(self, key: str, service: Document) -> None:
        """Note all numbers of a Service."""
        for number in self._numbers_in(service):
            self._owners[number] = key

    async def take(self, number: int, attributes: Attributes) -> bool:
        """Take this very number; False if another Service has it."""
        key = _key_of(attributes)
        owner = self._owners.get(number)
        if owner == key and number not in self._pending:
            return True
        if owner is not None and (number in self._pending or await self._still_has(owner, number)):
            return False
        if self._owners.get(number) != owner or number in self._pending:
            return False  # Somebody took it while we looked.
        self._claim(number, attributes)
        return True

    def take_free(self, candidates: Iterator[int], attributes: Attributes) -> int | None:
        """Take the first candidate that nobody is known to have."""
        for number in candidates:
            if number not in self._owners:
                self._claim(number, attributes)
                return number
        return None

    def _claim(self, number: int, attributes: Attributes) -> None:
        self._owners[number] = _key_of(attributes)
        self._pending.add(number)
        attributes.afterwards.append(lambda: self._pending.discard(number))

    async def sweep(self) -> None:
        """Forget the numbers of Services that are gone."""
        for number, owner in list(self._owners.items()):
            if number not in self._pending and not await self._still_has(owner, number):
                self._owners.pop(number, None)

    async def _still_has(self, owner: str, number: int) -> bool:
        found = await self._store.get(owner)
        return found is not None and number in self._numbers_in(orjson.loads(found.value))


class ServiceAddresses:
    """Fills in clusterIP, clusterIPs and nodePort."""

    name = "ServiceAddresses"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "services")})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Allocates within the environment's service CIDR."""
        self._store = environment.store
        self._random = environment.random
        self._network = ipaddress.ip_network(environment.service_cidr)
        self._addresses = Allocations(environment.store, _addresses_in)
        self._ports = Allocations(environment.store, _node_ports_in)
        self._is_loaded = False

    async def admit(self, attributes: Attributes) -> None:
        """Raise Invalid if an address or port that was asked for is taken."""
        if not self._is_loaded:
            await self._load()
        spec = mapping_in(attributes.object, "spec")
        if text_in(spec, "type") == "ExternalName":
            return
        before = mapping_in(attributes.old or {}, "spec")
        errors = settle_families(spec, before, f"IPv{self._network.version}")
        if not errors:
            errors = await self._set_address(spec, attributes)
        if text_in(spec, "type") in ("NodePort", "LoadBalancer"):
            errors += await self._set_node_ports(spec, attributes)
            errors += await self._set_health_port(spec, attributes)
        if errors:
            raise invalid("Service", "", attributes.name, errors)

    async def _load(self) -> None:
        page = await self._store.list(SERVICES_PREFIX)
        for item in page.items:
            service: Document = orjson.loads(item.value)
            self._addresses.load(item.key, service)
            self._ports.load(item.key, service)
        self._is_loaded = True

    async def _set_address(self, spec: Document, attributes: Attributes) -> list[FieldError]:
        wanted = text_in(spec, "clusterIP")
        listed = list_in(spec, "clusterIPs")
        if not wanted and listed:
            wanted = str(listed[0])
        if not wanted:
            wanted = str(await self._pick_address(attributes))
        elif wanted != "None":
            error = await self._claim_address(wanted, attributes)
            if error:
                return [error]
        spec["clusterIP"] = wanted
        spec["clusterIPs"] = [wanted, *listed[1:]]
        return []

    async def _claim_address(self, wanted: str, attributes: Attributes) -> FieldError | None:
        try:
            address = ipaddress.ip_address(wanted)
        except ValueError:
            return None  # Validation has a better sentence for it.
        if address not in self._network:
            return _address_error(
                wanted,
                f"the provided IP ({wanted}) is not in the valid range. The range of valid IPs is {self._network}",
            )
        if await self._addresses.take(int(address), attributes):
            return None
        return _address_error(wanted, "provided IP is already allocated")

    async def _pick_address(self, attributes: Attributes) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        first = int(self._network.network_address)
        size = self._network.num_addresses
        static = min(max(16, size // 16), STATIC_ADDRESSES_MAX) if size >= TINY_RANGE_SIZE else 1
        number = self._addresses.take_free(self._candidates(first + static, first + size - 2), attributes)
        if number is None:
            await self._addresses.sweep()
            number = self._addresses.take_free(iter(range(first + 1, first + size - 1)), attributes)
        if number is None:
            raise InternalError("failed to allocate a serviceIP: range is full")
        return self._network.network_address + (number - first)

    def _candidates(self, first: int, last: int) -> Iterator[int]:
        for _ in range(PICK_ATTEMPTS_MAX):
            yield self._random.randint(first, last)
        # A range with more than 2**16 addresses is never searched to its end.
        yield from range(first, min(last, first + 2**16) + 1)

    async def _set_node_ports(self, spec: Document, attributes: Attributes) -> list[FieldError]:
        errors: list[FieldError] = []
        is_optional = text_in(spec, "type") == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False
        for position, port in enumerate(list_in(spec, "ports")):
            if not isinstance(port, dict):
                continue
            if not port.get("nodePort") and is_optional:
                continue
            errors += await self._set_port(port, "nodePort", f"spec.ports[{position}].nodePort", attributes)
        return errors

    async def _set_health_port(self, spec: Document, attributes: Attributes) -> list[FieldError]:
        """Balancers ask it which nodes have pods of a service whose traffic stays on the node."""
        if text_in(spec, "type") != "LoadBalancer" or text_in(spec, "externalTrafficPolicy") != "Local":
            return []
        return await self._set_port(spec, "healthCheckNodePort", "spec.healthCheckNodePort", attributes)

    async def _set_port(self, where: Document, name: str, path: str, attributes: Attributes) -> list[FieldError]:
        wanted = where.get(name)
        if not isinstance(wanted, int) or not wanted:
            chosen = self._ports.take_free(self._candidates(NODE_PORT_MIN, NODE_PORT_MAX), attributes)
            if chosen is None:
                raise InternalError("failed to allocate a nodePort: range is full")
            where[name] = chosen
            return []
        if not NODE_PORT_MIN <= wanted <= NODE_PORT_MAX:
            valid = f"{NODE_PORT_MIN}-{NODE_PORT_MAX}"
            detail = f"provided port is not in the valid range. The range of valid ports is {valid}"
        elif await self._ports.take(wanted, attributes):
            return []
        else:
            detail = "provided port is already allocated"
        return [FieldError("FieldValueInvalid", path, f"Invalid value: {wanted}: {detail}")]


def _key_of(attributes: Attributes) -> str:
    return f"{SERVICES_PREFIX}{attributes.namespace}/{attributes.name}"


def _address_error(wanted: str, detail: str) -> FieldError:
    message = f"Invalid value: [{show(wanted)}]: failed to allocate IP {wanted}: {detail}"
    return FieldError("FieldValueInvalid", "spec.clusterIPs", message)


def _ports_of(spec: Document) -> list[Document]:
    return [port for port in list_in(spec, "ports") if isinstance(port, dict)]


def _addresses_in(service: Document) -> Iterator[int]:
    for address in list_in(mapping_in(service, "spec"), "clusterIPs"):
        if isinstance(address, str) and address not in ("", "None"):
            yield int(ipaddress.ip_address(address))


def _node_ports_in(service: Document) -> Iterator[int]:
    spec = mapping_in(service, "spec")
    for node_port in (*(port.get("nodePort") for port in _ports_of(spec)), spec.get("healthCheckNodePort")):
        if isinstance(node_port, int) and node_port:
            yield node_port

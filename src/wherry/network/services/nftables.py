"""The rule set as an nftables table, and the table in the kernel.

One table per cluster, so that two on a machine never meet. It is replaced as a whole when we start;
later changes touch what has changed. Either way it is one transaction: a packet meets the old rules or
the new ones. How a connection to a Service finds its way:

    prerouting / output:  services { address . protocol . port : goto that port's chain }
                          node-ports { protocol . port : goto ... } for addresses of this machine
    a port's chain:       dnat to one backend, by chance or by the client's address
    forward / input:      what is still addressed to a Service has no backend: reject
    postrouting:          a pod that reaches itself, and pods that leave the cluster: masquerade
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from wherry.kit.linux.nft_library import NftLibrary, load_nft_library
from wherry.kit.process import find_program, run
from wherry.kit.threads import run_in_thread
from wherry.network.services.rules import Backend, RuleSet, ServicePortRule
from wherry.network.settings import NetworkSettings

NFT_TIMEOUT_S = 30.0

_SERVICES = "services"
_NODE_PORTS = "node-ports"
_NODE_PORTS_CLOSED = "node-ports-closed"
_HAIRPINS = "hairpins"


class NftablesError(Exception):
    """nft refused; the message is nft's own."""


@dataclass(frozen=True, slots=True)
class Table:
    """What changes in the table: a chain per Service port, and the elements of its maps and sets.

    `chains`: name -> rules. `elements`: map or set -> element -> its data ("" in a set).
    """

    chains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def build_table(rules: RuleSet) -> Table:
    """Turn rules into chains and elements."""
    chains: dict[str, tuple[str, ...]] = {}
    services: dict[str, str] = {}
    node_ports: dict[str, str] = {}
    closed: dict[str, str] = {}
    hairpins: dict[str, str] = {}
    for rule in rules.ports:
        node_port = f"{rule.protocol} . {rule.node_port}"
        if not rule.backends:
            if rule.node_port:
                closed[node_port] = ""
            continue
        chain = _chain_name(rule)
        chains[chain] = (_translation(rule),)
        services[f"{rule.cluster_ip} . {rule.protocol} . {rule.port}"] = f"goto {chain}"
        if rule.node_port:
            node_ports[node_port] = f"goto {chain}"
        hairpins.update((f"{backend.ip} . {backend.ip}", "") for backend in rule.backends)
    elements = {_SERVICES: services, _NODE_PORTS: node_ports, _NODE_PORTS_CLOSED: closed, _HAIRPINS: hairpins}
    return Table(chains, elements)


def render_whole(settings: NetworkSettings, table: Table) -> str:
    """The script that makes the table from nothing, whatever was there before."""
    name = settings.name
    # "add" before "delete": the delete must not fail when there is no table yet.
    return f"""add table ip {name}
delete table ip {name}
{_skeleton(settings)}{render_difference(name, Table(), table)}"""


def render_difference(name: str, old: Table, new: Table) -> str:
    """The script that turns `old` into `new`; "" when they are the same."""
    lines: list[str] = []
    for chain, rules in new.chains.items():
        if chain not in old.chains:
            lines.append(f"add chain ip {name} {chain}")
        elif old.chains[chain] != rules:
            lines.append(f"flush chain ip {name} {chain}")
        if old.chains.get(chain) != rules:
            lines.extend(f"add rule ip {name} {chain} {rule}" for rule in rules)
    for group in new.elements:
        before, after = old.elements.get(group, {}), new.elements[group]
        gone = [key for key, data in before.items() if after.get(key) != data]
        come = [f"{key} : {data}" if data else key for key, data in after.items() if before.get(key) != data]
        if gone:
            lines.append(f"delete element ip {name} {group} {{ {', '.join(gone)} }}")
        if come:
            lines.append(f"add element ip {name} {group} {{ {', '.join(come)} }}")
    # Last: a chain can go only when no element leads to it any more.
    for chain in old.chains:
        if chain not in new.chains:
            lines += [f"flush chain ip {name} {chain}", f"delete chain ip {name} {chain}"]
    return "".join(f"{line}\n" for line in lines)


class Nftables:
    """The cluster's table in the kernel."""

    def __init__(self, settings: NetworkSettings) -> None:
        """Touches nothing yet."""
        self._settings = settings
        self._applied: Table | None = None
        self._library: NftLibrary | None = None

    async def apply(self, rules: RuleSet) -> bool:
        """Make the kernel do what `rules` say; whether anything had to change.

        Not to be called while a call is running.

        Raises:
            NftablesError: nft refused; the next call writes the whole table anew.
        """
        table = build_table(rules)
        if self._applied is None:
            self._library = self._library or load_nft_library()
            script = render_whole(self._settings, table)
        else:
            script = render_difference(self._settings.name, self._applied, table)
        if not script:
            return False
        # Until it has worked, nobody knows what the kernel has.
        self._applied = None
        await self._run(script)
        self._applied = table
        return True

    async def remove(self) -> None:
        """Remove the table; safe to call twice."""
        self._applied = None
        name = self._settings.name
        await self._run(f"add table ip {name}\ndelete table ip {name}\n")

    async def _run(self, script: str) -> None:
        if self._library is None:
            await _run_program(script)
        elif refused := await run_in_thread(self._library.run, script):
            raise NftablesError(refused)


async def _run_program(script: str) -> None:
    try:
        done = await run([find_program("nft") or "nft", "-f", "-"], input=script.encode(), timeout_s=NFT_TIMEOUT_S)
    except FileNotFoundError as error:
        raise NftablesError("there is no program nft on this machine: install the package nftables") from error
    except TimeoutError as error:
        raise NftablesError(f"nft took longer than {NFT_TIMEOUT_S:g} s") from error
    if done.exit_code != 0:
        raise NftablesError(done.stderr.decode(errors="replace").strip())


def _chain_name(rule: ServicePortRule) -> str:
    """Readable for people who look with `nft list ruleset`, unique by the hash."""
    identity = f"{rule.service.namespace}/{rule.service.name}/{rule.port_name}/{rule.protocol}/{rule.port}"
    return f"svc-{hashlib.sha256(identity.encode()).hexdigest()[:10]}-{rule.service.name[:40]}"


def _translation(rule: ServicePortRule) -> str:
    backends = rule.backends
    if len(backends) == 1:
        return f"meta l4proto {rule.protocol} dnat ip to {_address(backends[0])}"
    choices = ", ".join(f"{number} : {backend.ip} . {backend.port}" for number, backend in enumerate(backends))
    # A hash of the client's address instead of a table of clients: nothing to keep, nothing to expire.
    picked = "jhash ip saddr" if rule.sticky else "numgen random"
    return f"meta l4proto {rule.protocol} dnat ip addr . port to {picked} mod {len(backends)} map {{ {choices} }}"


def _address(backend: Backend) -> str:
    return f"{backend.ip}:{backend.port}"


def _skeleton(settings: NetworkSettings) -> str:
    """What is the same for every rule set."""
    services, pods = settings.service_cidr, settings.pod_cidr
    return f"""table ip {settings.name} {{
  map {_SERVICES} {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
  map {_NODE_PORTS} {{ type inet_proto . inet_service : verdict; }}
  set {_NODE_PORTS_CLOSED} {{ type inet_proto . inet_service; }}
  set {_HAIRPINS} {{ type ipv4_addr . ipv4_addr; }}
  chain translate {{
    ip daddr {services} ip daddr . meta l4proto . th dport vmap @{_SERVICES}
    ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @{_NODE_PORTS}
  }}
  chain refuse {{
    meta l4proto tcp reject with tcp reset
    reject with icmp type port-unreachable
  }}
  chain prerouting {{
    type nat hook prerouting priority dstnat; policy accept;
    meta l4proto {{ tcp, udp }} jump translate
  }}
  chain output {{
    type nat hook output priority -100; policy accept;
    meta l4proto {{ tcp, udp }} jump translate
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    ip daddr {services} goto refuse
  }}
  chain input {{
    type filter hook input priority filter; policy accept;
    fib daddr type local meta l4proto . th dport @{_NODE_PORTS_CLOSED} goto refuse
  }}
  chain outgoing {{
    type filter hook output priority filter; policy accept;
    ip daddr {services} goto refuse
    oifname "{settings.name}" icmp type redirect drop
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr . ip daddr @{_HAIRPINS} masquerade
    ip saddr {pods} ip daddr != {pods} masquerade
  }}
}}
"""

"""A start with a way to the declared services only: what is fetched at start was not in the release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wherry.api.core.service import SERVICES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, refuted, remark
from wherry.method.experiments.peers import settings_of
from wherry.method.twins.start import apply
from wherry.method.twins.twin import CannotTry, Twin

COPY = "fenced-in"
FREE = "not-fenced-in"
LABEL = {"wherry.dev/fence": "declared"}
NOBODY = "127.0.0.1"
Hosts = Mapping[str, list[str]]


def names_of(hosts: Hosts) -> Document:
    """The part of a pod's spec by which it knows the declared names, and has nobody to ask for others. Pure."""
    aliases = [
        {"ip": addresses[0], "hostnames": [name]}
        for name, addresses in hosts.items()
        if addresses and name not in addresses and ":" not in name
    ]
    found: Document = {"dnsPolicy": "None", "dnsConfig": {"nameservers": [NOBODY]}, "hostAliases": aliases}
    return found


def fence(addresses: Iterable[str]) -> Document:
    """The policy: to the pods of this namespace, and to addresses that settings name. Pure."""
    beside: Document = {"to": [{"podSelector": {}}]}
    far: list[Document] = [
        {"to": [{"ipBlock": {"cidr": f"{address}/{128 if ':' in address else 32}"}}]} for address in addresses
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": COPY},
        "spec": {"podSelector": {"matchLabels": LABEL}, "policyTypes": ["Egress"], "egress": [beside, *far]},
    }


async def start_fenced_in(twin: Twin) -> list[Observation]:
    """Start a copy that knows no other names, and may reach no other addresses."""
    (pod,) = await twin.scale(1)
    seen = await twin.look(pod.metadata.name, "peers", "0", *settings_of(twin))
    if not isinstance(seen, dict):
        return [open_question("Which services are declared cannot be seen here (no python3 in the image, or no exec).")]
    hosts: Hosts = seen["declared"]
    try:
        await apply(twin, (fence(address for addresses in hosts.values() for address in addresses),))
        await twin.start_copy(COPY, twin.environment(), labels=LABEL, pod=names_of(hosts))
        twin.note(f"A copy was started that can find nobody but {', '.join(hosts) or 'itself'}.")
        try:
            _ = await twin.until_ready(COPY)
        except CannotTry as error:
            return await _judge_failure(twin, str(error))
        return [await _how_far(twin)]
    finally:
        await twin.remove(COPY)


async def _judge_failure(twin: Twin, why: str) -> list[Observation]:
    """It speaks against the service only when the same copy starts without the fence (A/A)."""
    try:
        await twin.start_copy(FREE, twin.environment())
        _ = await twin.until_ready(FREE)
    except CannotTry:
        return [open_question(f"A copy on its own does not start here, fenced in or not: {why}.")]
    finally:
        await twin.remove(FREE)
    return [
        refuted(
            f"With a way to its declared services only, the service does not start: {why}.",
            "build-release-run",
            fix="put what it fetches at start into the image, or name where it comes from in a setting",
        )
    ]


async def _how_far(twin: Twin) -> Observation:
    """Whether addresses are out of reach too, or only names: the cluster's own address is tried."""
    try:
        there = (await twin.client.get(SERVICES, "kubernetes", "default")).spec
    except StatusError:
        return remark("It started where nobody else has a name. Whether addresses were held off may not be looked at.")
    if await twin.look(COPY, "reach", there.cluster_ip, str(there.ports[0].port)) is False:
        return remark("It started where it could reach nobody else.")
    return remark("It started where nobody else has a name. This cluster does not hold off addresses (NetworkPolicy).")

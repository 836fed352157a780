"""Whom the service talks to, compared with what its settings name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wherry.api.core.pod import PODS
from wherry.api.core.pod_addresses import pods_by_address
from wherry.api.core.service import SERVICES
from wherry.apimachinery.errors import StatusError
from wherry.method.evidence.observation import Observation, Weight
from wherry.method.experiments.experiment import open_question, refuted, remark
from wherry.method.facts.manifests import items, pod_spec
from wherry.method.twins.load import play_until
from wherry.method.twins.twin import Twin

WATCH_S = 1.5
DNS_PORT = 53
# The kinds of volumes whose files are settings.
SETTINGS = ("configMap", "secret", "projected")
# Where measurements and traces are sent to: those take from the service, and it does not lean on them.
TELEMETRY_PORTS = frozenset((4317, 4318, 8125, 9411, 14268))

Peer = tuple[str, int]


async def watch_peers(twin: Twin, pod: str) -> list[Observation]:
    """Watch once; an undeclared peer must be there when it is watched again."""
    first = await _watch_once(twin, pod)
    if not any(entry.weight is Weight.AGAINST for entry in first):
        return first
    second = await _watch_once(twin, pod)
    if any(entry in second for entry in first if entry.weight is Weight.AGAINST):
        return second
    return [remark("Once it talked to somebody whom no setting names, and not when that was looked at again.")]


async def _watch_once(twin: Twin, pod: str) -> list[Observation]:
    """Play the journey for a while and look at the connections that the service opens."""
    watched = twin.look(pod, "peers", str(WATCH_S), *settings_of(twin))
    if twin.journey is None:
        found = await watched
    else:
        _, found = await play_until(twin, [twin.pod_calls(pod)], watched, more=0, at_once=1)
    if not isinstance(found, dict):
        return [open_question("Whom the service talks to cannot be seen here (no python3 in the image, or no exec).")]
    peers = [(str(address), int(port)) for address, port in found["peers"]]
    declared = frozenset(str(address) for addresses in found["declared"].values() for address in addresses)
    return judge_peers(peers, declared, await _known(twin), await _apiserver(twin))


def settings_of(twin: Twin) -> list[str]:
    """Where a copy finds its settings, as the program `peers` is told: variables, and files that are mounted."""
    mounted = {
        volume.get("name")
        for volume in items(pod_spec(twin.workload), "volumes")
        if any(kind in volume for kind in SETTINGS)
    }
    places = [mount for mount in items(twin.container, "volumeMounts") if mount.get("name") in mounted]
    names = [str(entry.get("name")) for entry in twin.environment()]
    return [*names, "--", *(str(mount.get("mountPath")) for mount in places)]


async def _known(twin: Twin) -> Mapping[str, str]:
    """The addresses in the twin's namespace: those of its Services, and of the pods behind them."""
    services = (await twin.client.list(SERVICES, twin.namespace)).items
    pods = (await twin.client.list(PODS, twin.namespace)).items
    known = {service.spec.cluster_ip: service.metadata.name for service in services}
    return known | {address: pod.metadata.name for address, pod in pods_by_address(pods).items()}


async def _apiserver(twin: Twin) -> str:
    """The address at which pods find the API server; "" where that may not be asked for."""
    try:
        return (await twin.client.get(SERVICES, "kubernetes", "default")).spec.cluster_ip
    except StatusError:
        return ""


def judge_peers(
    peers: Iterable[Peer], declared: frozenset[str], known: Mapping[str, str], apiserver: str
) -> list[Observation]:
    """What the peers say about the service. Pure.

    Args:
        peers: address and port of whom it has called.
        declared: the addresses that its settings name.
        known: addresses of the release's own Services and pods, with their names.
        apiserver: the cluster's own address.
    """
    found, fine = [], []
    for address, port in peers:
        if port == DNS_PORT or address.startswith("127.") or address == "::1":
            continue
        if address in declared or address in known:
            fine.append(known.get(address, address))
        elif address == apiserver:
            found.append(remark("It asks the cluster's API server, which Kubernetes itself has told it about."))
        elif port in TELEMETRY_PORTS:
            found.append(remark(f"It sends measurements or traces to {address}:{port}."))
        else:
            found.append(_undeclared(address, port))
    names = ", ".join(sorted(set(fine))) or "nobody"
    return [*found, remark(f"While the journey was played, it talked to {names}: its settings name them.")]


def _undeclared(address: str, port: int) -> Observation:
    return refuted(
        f"While the journey was played, the service talked to {address}:{port}, which no setting of it names.",
        "backing-services",
        fix="name it in a setting (deploy/overlays) and read it from there",
    )

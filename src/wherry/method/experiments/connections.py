"""Who is connected to the databases of a release, as the kernel lists it inside of their own pods (/proc/net/tcp).

Seen are the connections that are open, and those that were closed within the last minute. It takes the right to run a
program in the pod; where a cluster or an image does not allow that, the settings of other pods have to do.
"""

from __future__ import annotations

import asyncio
import ipaddress

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.pod import PODS, Pod
from wherry.api.method.release import Release
from wherry.apimachinery.errors import Forbidden
from wherry.client.client import Client
from wherry.kit.process import run
from wherry.method.delivery.documents import reference
from wherry.method.delivery.kept_manifests import read_documents
from wherry.method.delivery.run_plan import plan_run
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.neighbours import Settings, judge_neighbours
from wherry.method.facts.database_kinds import is_database
from wherry.method.facts.manifests import containers, pod_spec, section

LISTENING, OPEN, JUST_CLOSED = "0A", "01", "06"
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
PROGRAM = f"import os\nfor name in {TABLES!r}:\n  if os.path.exists(name): print(open(name).read())"
# An image without a shell may still have Python, or the other way round.
WAYS = (("cat", *TABLES), ("python3", "-c", PROGRAM))
LOOK_S = 15.0


async def look_at_databases(client: Client, release: Release, kubectl: tuple[str, ...]) -> list[Observation]:
    """Who uses the databases of a release, where it runs.

    Args:
        client: for its cluster.
        release: which one.
        kubectl: the program with the options for that cluster.
    """
    space = release.metadata.namespace
    names: list[str] = []
    callers: dict[str, set[str]] = {}
    for document in plan_run(await read_documents(client, release), release.spec.image).backing:
        if not any(is_database(entry) for entry in containers(pod_spec(document))):
            continue
        names.append(name := reference(document).name)
        labels = section(document, "spec", "selector", "matchLabels")
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = (await client.list(PODS, space, label_selector=selector)).items if selector else []
        tables = [table for pod in pods if (table := await _table(kubectl, pod)) is not None]
        if tables:
            callers[name] = {caller for table in tables for caller in read_callers(table)}
    everybody, settings = await _everybody(client, space)
    return judge_neighbours(release.spec.service, space, names, callers, everybody, settings)


async def _table(kubectl: tuple[str, ...], pod: Pod) -> str | None:
    """The kernel's list in a pod; None where nobody may look, or the image has no program for it."""
    name = pod.spec.containers[0].name
    for way in WAYS:
        argv = [*kubectl, "-n", pod.metadata.namespace, "exec", pod.metadata.name, "-c", name, "--", *way]
        try:
            done = await run(argv, timeout_s=LOOK_S)
        except (FileNotFoundError, TimeoutError):
            return None
        # cat complains of a table that is not there (a node without IPv6), and prints the other.
        if done.stdout:
            return done.stdout.decode("utf-8", "replace")
    return None


async def _everybody(client: Client, namespace: str) -> tuple[list[Pod], Settings]:
    """All pods and ConfigMaps that we may list: of the whole cluster, or of one namespace."""
    try:
        pods, maps = await asyncio.gather(client.list(PODS), client.list(CONFIG_MAPS))
    except Forbidden:
        pods, maps = await asyncio.gather(client.list(PODS, namespace), client.list(CONFIG_MAPS, namespace))
    return list(pods.items), {(one.metadata.namespace, one.metadata.name): one.data for one in maps.items}


def read_callers(table: str) -> set[str]:
    """The addresses that have called what listens here, from the text of one kernel table or of several."""
    rows = [line.split() for line in table.splitlines()]
    sockets = [(row[1], row[2], row[3]) for row in rows if len(row) > 3 and ":" in row[1]]
    listening = {local.rpartition(":")[2] for local, _, state in sockets if state == LISTENING}
    return {
        _address(remote.rpartition(":")[0])
        for local, remote, state in sockets
        if state in (OPEN, JUST_CLOSED) and local.rpartition(":")[2] in listening
    }


def _address(digits: str) -> str:
    """0200F20A is 10.242.0.2: each group of four bytes stands the wrong way round."""
    raw = b"".join(bytes.fromhex(digits[at : at + 8])[::-1] for at in range(0, len(digits), 8))
    address = ipaddress.ip_address(raw)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)

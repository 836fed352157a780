"""Stand-ins for the services that a twin needs, so that what it asks of others reaches nobody's data.

    PARTNER_URL=http://orders.orders-dev:8080   ──>   http://orders.done-3f2a1c:8080, where a stand-in answers

Each need of the service (contracts/needs) that its settings name an address for has one. It answers from the contract
that the partner has published, or from the need alone, and runs in the service's own image, which is on the cluster
anyhow. What is asked over TLS, and what only a Secret names, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wherry.api.core.service import SERVICES
from wherry.api.method.api import APIS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.method.contracts.catalogue import document_of, read_published_api
from wherry.method.contracts.need import Need
from wherry.method.contracts.provider_states import POD_KEPT
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.stand_in import need_script, script, stand_in_objects
from wherry.method.delivery.documents import pod_template
from wherry.method.delivery.run_plan import RunPlan
from wherry.method.delivery.stamping import SERVICE
from wherry.method.facts.manifests import items, pod_spec, section

LISTENS_ON = 8080
"""Any program may; which port others call is for the Service to say."""
HTTP = 80


@dataclass(frozen=True, slots=True)
class Address:
    """Where the settings say that a partner is: its namespace ("": the service's own) and its port (0: not said)."""

    namespace: str
    port: int


@dataclass(frozen=True, slots=True)
class StandIn:
    """What stands in for one partner, where it is looked for; with `trouble` nothing can."""

    service: str
    places: tuple[Address, ...] = ()
    objects: tuple[Document, ...] = ()
    trouble: str = ""


def _pattern(service: str) -> re.Pattern[str]:
    """A partner's address over HTTP, as settings write it.

    In a URL; as host and port; or alone, as all that a setting says. What only looks alike is none: the name of a file,
    a table's column, a path.
    """
    name, label = re.escape(service), "[a-z0-9-]+"
    tail = rf"(?:\.svc(?:\.{label})*)?"
    port = r"(?::(?P<{}>\d+))"
    end = r"(?![\w.:-])"
    url = rf"(?<=http://)(?P<login>[^@/\s]*@)?{name}(?:\.(?P<ns1>{label}){tail})?{port.format('port1')}?{end}"
    pair = rf"(?<![\w./:@-]){name}\.(?P<ns2>{label}){tail}{port.format('port2')}{end}"
    alone = rf"\A{name}\.(?P<ns3>{label}){tail}\Z"
    return re.compile(f"{url}|{pair}|{alone}")


def _address(match: re.Match[str]) -> Address:
    namespace = match["ns1"] or match["ns2"] or match["ns3"] or ""
    return Address(namespace, 0 if match["ns3"] else int(match["port1"] or match["port2"] or HTTP))


def addresses(plan: RunPlan, service: str) -> list[Address]:
    """Where a release's settings say that a partner is; nothing where it does not appear."""
    pattern, found = _pattern(service), dict[Address, None]()

    def note(text: str) -> str:
        found.update(dict.fromkeys(map(_address, pattern.finditer(text))))
        return text

    _ = _with_settings(plan, note)
    return list(found)


def redirected(plan: RunPlan, partner: StandIn, namespace: str) -> RunPlan:
    """The same release, with a partner's addresses in another namespace."""
    pattern = _pattern(partner.service)

    def move(match: re.Match[str]) -> str:
        if _address(match) not in partner.places:
            return match[0]
        port = match["port1"] or match["port2"]
        return f"{match['login'] or ''}{partner.service}.{namespace}{f':{port}' if port else ''}"

    return _with_settings(plan, lambda text: pattern.sub(move, text))


def _with_settings(plan: RunPlan, change: Callable[[str], str]) -> RunPlan:
    """Pass every setting that can be read through `change`: of ConfigMaps, and of containers."""
    return RunPlan(
        settings=tuple(_config_map(document, change) for document in plan.settings),
        backing=plan.backing,
        service=tuple(_workload(document, change) for document in plan.service),
    )


def _config_map(document: Document, change: Callable[[str], str]) -> Document:
    if document.get("kind") != "ConfigMap":
        return document
    data = {key: change(value) if isinstance(value, str) else value for key, value in section(document, "data").items()}
    return {**document, "data": data} if data else document


def _workload(document: Document, change: Callable[[str], str]) -> Document:
    """A copy in which each container's variables are changed; other fields are the same objects."""
    spec = pod_spec(document)
    containers = [id(one) for key in ("initContainers", "containers") for one in items(spec, key)]

    def copy(value: object) -> object:
        if isinstance(value, list):
            return [copy(one) for one in value]
        if not isinstance(value, dict):
            return value
        if id(value) in containers and isinstance(value.get("env"), list):
            return {**value, "env": [_variable(one, change) for one in value["env"]]}
        return {key: copy(one) for key, one in value.items()}

    return {key: copy(value) for key, value in document.items()} if pod_template(document) is not None else document


def _variable(entry: Document, change: Callable[[str], str]) -> Document:
    value = entry.get("value")
    return {**entry, "value": change(value)} if isinstance(value, str) else entry


async def stand_ins(client: Client, needs: Iterable[Need], plan: RunPlan, image: str) -> list[StandIn]:
    """One for each partner that the settings name; those that nothing is known of are left out.

    Args:
        client: reads what partners have published.
        needs: of the service.
        plan: its release.
        image: runs the stand-ins; it needs python3.
    """
    of_provider: dict[str, list[Need]] = {}
    for need in needs:
        of_provider.setdefault(need.provider, []).append(need)
    found = []
    for provider, own in of_provider.items():
        places, ports = await _places(client, provider, addresses(plan, provider))
        if not places:
            continue
        entries = await _script(client, provider, own, places)
        try:
            objects = tuple(_objects(provider, entries, ports, image, plan))
            found.append(StandIn(provider, tuple(places), objects))
        except BrokenDocument as error:
            found.append(StandIn(provider, trouble=error.message))
    return found


async def _places(client: Client, provider: str, named: Iterable[Address]) -> tuple[list[Address], list[int]]:
    """Those addresses that are some, and the ports that may be called there: those named, and those of the Service."""
    places, ports = [], set[int]()
    for place in named:
        real = await _ports(client, provider, place.namespace) if place.namespace else []
        if place.port or real:
            places.append(place)
            ports |= {*real, place.port} - {0}
    return places, sorted(ports)


async def _ports(client: Client, provider: str, namespace: str) -> list[int]:
    try:
        return [one.port for one in (await client.get(SERVICES, provider, namespace)).spec.ports]
    except StatusError:
        return []


async def _script(
    client: Client, provider: str, needs: Sequence[Need], places: Iterable[Address]
) -> list[dict[str, object]]:
    """What the partner has published where the settings look for it; else what is needed of it."""
    for namespace in {place.namespace for place in places if place.namespace}:
        try:
            found = next(one for one in (await client.list(APIS, namespace)).items if one.spec.service == provider)
            document = await document_of(client, namespace, found.spec)
            return script(await read_published_api(client, found), document, found.spec.served_at, needs)
        except (StopIteration, StatusError, BrokenDocument):
            continue
    return need_script(needs)


def _objects(
    provider: str, entries: list[dict[str, object]], ports: Sequence[int], image: str, plan: RunPlan
) -> Iterator[Document]:
    own = next((pod_spec(document) for document in plan.service if document.get("kind") == "Deployment"), {})
    for document in stand_in_objects(provider, entries, port=LISTENS_ON, image=image):
        yield _adapted(document, provider, ports, {key: own[key] for key in POD_KEPT if key in own})


def _adapted(document: Document, provider: str, ports: Sequence[int], pod: Mapping[str, object]) -> Document:
    """With the partner's name as its service, on the ports that are called, with the rights of the service's pods."""
    metadata, spec = section(document, "metadata"), section(document, "spec")
    marked: Document = {
        **document,
        "metadata": {**metadata, "labels": {**section(metadata, "labels"), SERVICE: provider}},
    }
    if document.get("kind") == "Service":
        listed: list[Document] = [{"name": f"http-{port}", "port": port, "targetPort": LISTENS_ON} for port in ports]
        return {**marked, "spec": {**spec, "ports": listed}}
    if document.get("kind") == "Deployment":
        template = section(spec, "template")
        labels = {**section(template, "metadata", "labels"), SERVICE: provider}
        made: Document = {"metadata": {"labels": labels}, "spec": {**section(template, "spec"), **pod}}
        return {**marked, "spec": {**spec, "template": made}}
    return marked

"""A service's journeys, kept in the cluster beside it: so that a page can play what its repository tells.

`wherry release` writes them, as the ConfigMap SERVICE-journeys of the environment's namespace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.client.client import Client
from wherry.method.journey.script import FOLDER, Journey, JourneyError, parse_journey

LABEL = "wherry.dev/journeys"
FIELD_MANAGER = "wherry-release"
ENDING = ".yaml"


@dataclass(frozen=True, slots=True)
class KeptJourney:
    """A journey that can be played on a service of this cluster."""

    namespace: str
    service: str
    journey: Journey


async def keep_journeys(client: Client, namespace: str, service: str, root: Path) -> int:
    """Write the journeys of a repository into the cluster; how many there are. Raises StatusError."""
    found = {file.name: file.read_text(encoding="utf-8") for file in sorted((root / FOLDER).glob(f"*{ENDING}"))}
    if found:
        name = f"{service}-journeys"
        document = {"metadata": {"name": name, "labels": {LABEL: service}}, "data": found}
        await client.apply(CONFIG_MAPS, name, document, namespace, field_manager=FIELD_MANAGER, force=True)
    return len(found)


async def kept_journeys(client: Client, namespace: str = "") -> list[KeptJourney]:
    """All journeys that this person may see; what cannot be read is left out."""
    try:
        listed = (await client.list(CONFIG_MAPS, namespace, label_selector=LABEL)).items
    except (Forbidden, NotFound):
        return []
    found = []
    for one in listed:
        meta = one.metadata
        found += [KeptJourney(meta.namespace, meta.labels[LABEL], journey) for journey in _parsed(one.data, meta.name)]
    return sorted(found, key=lambda one: (one.namespace, one.service, one.journey.journey))


async def find_journey(client: Client, namespace: str, service: str, name: str) -> KeptJourney:
    """One of them. Raises NotFound."""
    for one in await kept_journeys(client, namespace):
        if (one.service, one.journey.journey) == (service, name):
            return one
    raise NotFound(f'there is no journey "{name}" of {service} in the namespace {namespace}')


def _parsed(data: Mapping[str, str], place: str) -> list[Journey]:
    found = []
    for name, text in data.items():
        try:
            found.append(parse_journey(text, f"{place}/{name}"))
        except JourneyError:
            continue
    return found

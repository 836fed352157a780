"""Where a service's work is done: containers in pods on nodes, of a release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wherry.api.core.pod import PODS, Pod
from wherry.api.core.service import SERVICES
from wherry.apimachinery.errors import NotFound
from wherry.client.client import Client

RELEASE_LABEL = "wherry.dev/release"
REVISION_ANNOTATION = "wherry.dev/revision"


@dataclass(frozen=True, slots=True)
class Place:
    """A container that runs."""

    container: str
    pod: str
    node: str
    release: str = ""
    commit: str = ""
    claims: tuple[str, ...] = ()


async def places_behind(client: Client, namespace: str, service: str) -> list[Place]:
    """The containers behind a Service that are ready, by pod name; none when there is no such Service."""
    try:
        found = await client.get(SERVICES, service, namespace)
    except NotFound:
        return []
    selector = ",".join(f"{key}={value}" for key, value in sorted(found.spec.selector.items()))
    if not selector:
        return []
    return places_of((await client.list(PODS, namespace, label_selector=selector)).items)


def places_of(pods: Iterable[Pod]) -> list[Place]:
    """The first container of every pod that is ready and not being stopped."""
    places = []
    for pod in pods:
        ready = any(entry.type == "Ready" and entry.status == "True" for entry in pod.status.conditions)
        if not ready or pod.metadata.is_being_deleted:
            continue
        claims = [volume.persistent_volume_claim for volume in pod.spec.volumes]
        places.append(
            Place(
                container=pod.spec.containers[0].name,
                pod=pod.metadata.name,
                node=pod.spec.node_name,
                release=pod.metadata.labels.get(RELEASE_LABEL, ""),
                commit=pod.metadata.annotations.get(REVISION_ANNOTATION, ""),
                claims=tuple(claim.claim_name for claim in claims if claim is not None),
            )
        )
    return sorted(places, key=lambda place: place.pod)

"""Stand-ins in a cluster: put there, never beside the real service, and taken away again."""

from __future__ import annotations

from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.service import SERVICES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.client.client import Client
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.stand_in import LABEL
from wherry.method.delivery.documents import section

KINDS = (CONFIG_MAPS, DEPLOYMENTS, SERVICES)


async def put_stand_in(client: Client, namespace: str, service: str, objects: list[Document]) -> None:
    """Apply a stand-in's objects. Raises NotPossible where the real service has a Service of its name."""
    found = (await client.list(SERVICES, namespace)).items
    if any(one.metadata.name == service and LABEL not in one.metadata.labels for one in found):
        where = f"{namespace} has a real {service}"
        raise NotPossible(f"{where}; a stand-in would take its place", "use a namespace where it does not run")
    for kind, document in zip(KINDS, objects, strict=True):
        metadata = document["metadata"]
        assert isinstance(metadata, dict)
        await client.apply(kind, metadata["name"], document, namespace)


async def take_stand_in(client: Client, namespace: str, service: str) -> bool:
    """Delete a service's stand-in; whether there was one."""
    found = False
    for kind, name in zip(KINDS, (f"{service}-stand-in", f"{service}-stand-in", service), strict=True):
        try:
            document = await client.get_document(kind, name, namespace)
        except NotFound:
            continue
        if section(section(document, "metadata"), "labels").get(LABEL) == service:
            await client.delete(kind, name, namespace)
            found = True
    return found

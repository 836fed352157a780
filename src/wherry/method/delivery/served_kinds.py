"""The kinds that a cluster serves, whatever they are: found by asking it, as kubectl does."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound, StatusError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import ResourceType, resource_type
from wherry.apimachinery.struct import Struct
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.method.delivery.refusal import CannotDeliver


class Anything(Struct):
    """An object of any kind; spec and status as they are."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: Document = field(default_factory=dict)
    status: Document = field(default_factory=dict)


class _ServedKind(Struct):
    name: str
    kind: str
    namespaced: bool = False


class _ServedKinds(Struct):
    resources: tuple[_ServedKind, ...] = ()


_SERVED = resource_type(_ServedKinds, kind="APIResourceList", plural="apiresources")


class ServedKinds:
    """Answers where objects of a kind live on one cluster; each group is asked for once."""

    def __init__(self, client: Client) -> None:
        """Nothing is asked yet."""
        self._client = client
        self._known: dict[str, dict[str, ResourceType[Anything]]] = {}

    async def find(self, api_version: str, kind: str) -> ResourceType[Anything]:
        """A kind of the cluster. Raises CannotDeliver when it knows none of this name."""
        if api_version not in self._known:
            self._known[api_version] = await self._ask(api_version)
        found = self._known[api_version].get(kind)
        if found is None:
            # Next time it may be there: its definition may be a part of what is being applied.
            del self._known[api_version]
            raise CannotDeliver(
                f"this cluster knows no {kind} of {api_version}",
                f"correct the manifest, or install the definition of {kind} first",
            )
        return found

    async def _ask(self, api_version: str) -> dict[str, ResourceType[Anything]]:
        group, _, version = api_version.rpartition("/")
        path = f"/apis/{api_version}" if group else f"/api/{api_version}"
        try:
            body = await read_body(await self._client.request("GET", path))
        except StatusError as error:
            # Of a group that it does not serve at all, a cluster says so in plain text, without a reason.
            if error.code != NotFound.code:
                raise
            return {}
        return {
            one.kind: resource_type(
                Anything, group=group, version=version, kind=one.kind, plural=one.name, namespaced=one.namespaced
            )
            for one in _SERVED.decode(body).resources
            if "/" not in one.name
        }

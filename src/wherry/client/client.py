"""The only door to the API server: get, list, create, patch, delete and watch, for every kind alike.

A ResourceType says where its objects live and how their bytes become a Struct, so one class serves
all kinds. Bytes are decoded once, straight into the kind's Struct; fields that the Struct does not
know are skipped, which is why whole objects are read and written as Documents.

    pods = await client.list(PODS, "default", label_selector="app=web")
    pod = await client.create(PODS, {"metadata": {"name": "web"}, "spec": {...}}, "default")
    await client.delete(PODS, "web", "default", uid=pod.metadata.uid)

Every answer other than success is raised as an apimachinery.errors.StatusError.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, Literal, TypeVar, overload
from urllib.parse import quote, urlencode

import msgspec
import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import error_from_status
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.apimachinery.struct import Struct
from wherry.client.transport import Transport
from wherry.client.watch import WatchEvent, read_events
from wherry.kit.http.types import Request, Response, read_body
from wherry.kit.log import get_logger

T = TypeVar("T", bound=msgspec.Struct)

log = get_logger(__name__)

PatchType = Literal["merge", "json", "strategic"]

PATCH_CONTENT_TYPES: Mapping[str, str] = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}


APPLY_CONTENT_TYPE = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class ObjectList(Generic[T]):
    """Objects of one kind as of one revision; `continue_token` is "" on the last page."""

    items: list[T]
    resource_version: str
    continue_token: str = ""


class _ListMeta(Struct):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")
    remaining_item_count: int = 0


class _ListEnvelope(msgspec.Struct, Generic[T]):
    metadata: _ListMeta
    items: list[T]


class _RawList(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw]


class _Named(Struct):
    metadata: ObjectMeta


@cache
def _list_decoder(struct: type[T]) -> msgspec.json.Decoder[_ListEnvelope[T]]:
    """One decoder per kind: the envelope and all its items in a single pass."""
    return msgspec.json.Decoder(_ListEnvelope[struct])  # type: ignore[valid-type] # a generic Struct made at run time


class Client:
    """Speaks to an API server about any kind of object.

    Safe to share: it holds no state besides its transport. Names go into URLs escaped.
    """

    def __init__(self, transport: Transport, *, user_agent: str = "wherry") -> None:
        """`transport` carries the requests and says who the caller is."""
        self._transport = transport
        self._user_agent = user_agent
        self._headers = {"user-agent": user_agent, "accept": "application/json"}

    def acting_for(self, component: str) -> Client:
        """The same client, for one part of a program of many parts: the User-Agent names it, as upstream does."""
        agent = f"{self._user_agent}/system:serviceaccount:kube-system:{component}"
        return Client(self._transport, user_agent=agent)

    async def get(self, resource: ResourceType[T], name: str, namespace: str = "") -> T:
        """Read one object. Raises NotFound."""
        return resource.decode(await self._call("GET", _url(resource, namespace, name)))

    async def get_document(
        self, resource: AnyResourceType, name: str, namespace: str = "", *, subresource: str = ""
    ) -> Document:
        """Read one object with all its fields. Raises NotFound."""
        return _document(await self._call("GET", _url(resource, namespace, name, subresource)))

    async def list(
        self,
        resource: ResourceType[T],
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_token: str = "",
        at_revision: str = "",
    ) -> ObjectList[T]:
        """Read the objects of a kind, of one namespace or ("") of all.

        Args:
            limit: at most so many per answer; the rest is reached by the answer's `continue_token`.
            continue_token: where the page before ended. Raises Expired when that is too long ago.
            at_revision: as they were then, instead of now. Raises Expired when that is too long ago.
        """
        query = _query(
            labelSelector=label_selector,
            fieldSelector=field_selector,
            limit=str(limit) if limit else "",
            resourceVersion=at_revision,
            resourceVersionMatch="Exact" if at_revision else "",
            **{"continue": continue_token},
        )
        body = await self._call("GET", _url(resource, namespace), query)
        try:
            envelope = _list_decoder(_struct_of(resource)).decode(body)
        except msgspec.ValidationError:
            return _readable_part(resource, body)
        return ObjectList(envelope.items, envelope.metadata.resource_version, envelope.metadata.continue_)

    async def count(self, resource: AnyResourceType, namespace: str = "") -> int:
        """How many objects of a kind there are, without reading them."""
        body = await self._call("GET", _url(resource, namespace), _query(limit="1"))
        listed = msgspec.json.decode(body, type=_RawList)
        return len(listed.items) + listed.metadata.remaining_item_count

    async def watch(
        self,
        resource: ResourceType[T],
        namespace: str = "",
        *,
        resource_version: str = "",
        label_selector: str = "",
        field_selector: str = "",
        timeout_s: int | None = None,
    ) -> AsyncGenerator[WatchEvent[T], None]:
        """Follow the changes after `resource_version` ("": first everything that is there).

        Ends when the server ends it; close it (contextlib.aclosing) when leaving early. Bookmarks are
        always asked for. Raises Expired when the revision has been forgotten.
        """
        query = _query(
            watch="true",
            allowWatchBookmarks="true",
            resourceVersion=resource_version,
            labelSelector=label_selector,
            fieldSelector=field_selector,
            timeoutSeconds="" if timeout_s is None else str(timeout_s),
        )
        response = await self.request("GET", _url(resource, namespace), query)
        events = read_events(response.body, resource.decode)
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()

    @overload
    async def create(
        self, resource: ResourceType[T], document: Document | msgspec.Struct, namespace: str = "", *, name: str = ""
    ) -> T: ...

    @overload
    async def create(
        self,
        resource: AnyResourceType,
        document: Document | msgspec.Struct,
        namespace: str = "",
        *,
        subresource: str,
        name: str,
    ) -> Document: ...

    async def create(
        self,
        resource: ResourceType[T],
        document: Document | msgspec.Struct,
        namespace: str = "",
        *,
        subresource: str = "",
        name: str = "",
    ) -> T | Document:
        """Create an object; the answer is what the server made of it.

        With `subresource` (binding, eviction, token) the body is posted below the object `name`, and
        the answer, whose kind is another, comes back as a Document. Raises AlreadyExists, Invalid ...
        """
        url = _url(resource, namespace, name if subresource else "", subresource)
        body = await self._call("POST", url, body=_encode(resource, document, subresource))
        return _document(body) if subresource else resource.decode(body)

    async def update_document(
        self, resource: AnyResourceType, document: Document, namespace: str = "", *, subresource: str = ""
    ) -> Document:
        """Replace an object by `document`; with metadata.resourceVersion only if unchanged. Raises Conflict."""
        name = msgspec.convert(document, _Named).metadata.name
        url = _url(resource, namespace, name, subresource)
        return _document(await self._call("PUT", url, body=_encode(resource, document, subresource)))

    async def patch(
        self,
        resource: ResourceType[T],
        name: str,
        patch: Document | Sequence[Document],
        namespace: str = "",
        *,
        subresource: str = "",
        patch_type: PatchType = "merge",
    ) -> T:
        """Change some fields of an object. A `json` patch is a sequence of operations."""
        body = await self._call(
            "PATCH",
            _url(resource, namespace, name, subresource),
            body=orjson.dumps(patch),
            content_type=PATCH_CONTENT_TYPES[patch_type],
        )
        return resource.decode(body)

    async def apply(
        self,
        resource: ResourceType[T],
        name: str,
        document: Document,
        namespace: str = "",
        *,
        field_manager: str = "wherry",
        force: bool = False,
    ) -> T:
        """Say what an object's fields shall be, and own them: creates it, changes it, or leaves it as it is.

        Raises Conflict, with the other manager named, when somebody else owns a field and `force` is not set.
        """
        whole = {**document, "apiVersion": resource.api_version, "kind": resource.kind}
        body = await self._call(
            "PATCH",
            _url(resource, namespace, name),
            _query(fieldManager=field_manager, force="true" if force else ""),
            body=orjson.dumps(whole),
            content_type=APPLY_CONTENT_TYPE,
        )
        return resource.decode(body)

    async def delete(
        self,
        resource: AnyResourceType,
        name: str,
        namespace: str = "",
        *,
        uid: str = "",
        resource_version: str = "",
        grace_period_s: int | None = None,
        propagation: str = "",
    ) -> Document:
        """Ask for an object's deletion; the answer is a Status or the object as it now is.

        Args:
            uid: only this very object; Conflict when the name belongs to another by now.
            propagation: Background, Foreground or Orphan; "" leaves it to the kind.
        """
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        options = _delete_options(
            grace_period_s, propagation, {key: text for key, text in preconditions.items() if text}
        )
        return _document(await self._call("DELETE", _url(resource, namespace, name), body=options))

    async def delete_collection(
        self,
        resource: AnyResourceType,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        grace_period_s: int | None = None,
        propagation: str = "",
    ) -> None:
        """Ask for the deletion of all objects of a kind in a namespace that the selectors choose."""
        query = _query(labelSelector=label_selector, fieldSelector=field_selector)
        options = _delete_options(grace_period_s, propagation, {})
        await self._call("DELETE", _url(resource, namespace), query, body=options)

    async def request(
        self, method: str, path: str, query: str = "", body: bytes = b"", *, content_type: str = "application/json"
    ) -> Response:
        """Send anything and get the response unread (a log, an upgrade). Raises StatusError for a failure."""
        headers = {**self._headers, "content-type": content_type} if body else dict(self._headers)
        response = await self._transport.request(Request(method, path, query, headers, body))
        if response.status >= 300:
            raise error_from_status(await read_body(response), response.status)
        return response

    async def send(
        self, method: str, path: str, query: str = "", *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Send something through a proxy of the API server and get the answer as it is, whatever its status."""
        return await self._transport.request(Request(method, path, query, {**self._headers, **(headers or {})}, body))

    async def _call(
        self, method: str, path: str, query: str = "", *, body: bytes = b"", content_type: str = "application/json"
    ) -> bytes:
        return await read_body(await self.request(method, path, query, body, content_type=content_type))


def _url(resource: AnyResourceType, namespace: str = "", name: str = "", subresource: str = "") -> str:
    return resource.url(quote(namespace, safe=""), quote(name, safe=":"), subresource)


def _query(**parameters: str) -> str:
    return urlencode({name: value for name, value in parameters.items() if value})


def _struct_of(resource: ResourceType[T]) -> type[T]:
    # ResourceType keeps its Struct untyped (type[msgspec.Struct]); decode() returns this very type.
    return resource.struct  # type: ignore[return-value]


def _readable_part(resource: ResourceType[T], body: bytes) -> ObjectList[T]:
    """A list without the objects that cannot be read: one broken object must not hide all others."""
    envelope = msgspec.json.decode(body, type=_RawList)
    items = []
    for raw in envelope.items:
        try:
            items.append(resource.decode(bytes(raw)))
        except msgspec.ValidationError as error:
            log.error("Skipped unreadable object", resource=resource.plural, err=str(error))
    return ObjectList(items, envelope.metadata.resource_version, envelope.metadata.continue_)


def _document(body: bytes) -> Document:
    document = orjson.loads(body)
    if not isinstance(document, dict):
        raise error_from_status(body, 500)
    return document


def _delete_options(grace_period_s: int | None, propagation: str, preconditions: dict[str, str]) -> bytes:
    options: Document = {"kind": "DeleteOptions", "apiVersion": "v1"}
    if grace_period_s is not None:
        options["gracePeriodSeconds"] = grace_period_s
    if propagation:
        options["propagationPolicy"] = propagation
    if preconditions:
        options["preconditions"] = preconditions
    return orjson.dumps(options)


def _encode(resource: AnyResourceType, document: Document | msgspec.Struct, subresource: str) -> bytes:
    """The bytes of a body, with the kind and apiVersion that belong to the URL put first."""
    kind, api_version = resource.kind, resource.api_version
    declared = next((entry for entry in resource.subresources if entry.name == subresource), None)
    if declared is not None and declared.kind:
        kind = declared.kind
        version = declared.version or resource.version
        api_version = f"{declared.group}/{version}" if declared.group else version
    fields = msgspec.to_builtins(document) if isinstance(document, msgspec.Struct) else document
    return orjson.dumps({"kind": kind, "apiVersion": api_version, **fields})

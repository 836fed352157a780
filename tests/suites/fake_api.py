"""An API server made of a dictionary, for tests of whoever talks to one.

It knows no kind, validates and defaults nothing. It does: list, watch (bookmarks, resume, 410), create
(generateName), get, put, merge patch, delete (uid precondition, finalizers, grace for pods on a node),
deletecollection, label and field selectors, and the subresources status, binding and finalize.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, Conflict, Expired, NotFound, StatusError
from wherry.apimachinery.fields import parse_field_selector
from wherry.apimachinery.labels import parse_selector
from wherry.apimachinery.patch.merge_patch import apply_merge_patch
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.kit.http.types import Request, Response

NOW = "2026-11-23T07:00:00Z"


@dataclass(frozen=True)
class _Change:
    revision: int
    plural: str
    namespace: str
    old: Document | None
    new: Document | None


@dataclass
class _Where:
    """A request's path, taken apart."""

    prefix: str
    namespace: str
    plural: str
    name: str = ""
    subresource: str = ""


@dataclass
class FakeApi:
    """The server: call it with a Request, or take a `client()`."""

    revision: int = 1
    requests: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[Request], None] | None = None
    """Called with each request; may raise a StatusError to make it fail."""

    def __post_init__(self) -> None:
        self._objects: dict[tuple[str, str, str], Document] = {}
        self._history: list[_Change] = []
        self._oldest = 1
        self._watchers: set[asyncio.Queue[_Change | StatusError | None]] = set()
        self._uids = 0

    def client(self, user: str = "admin") -> Client:
        """Somebody who talks to it."""
        return Client(InProcess(self, user=user))

    def put(self, resource: AnyResourceType, document: Document, namespace: str = "") -> Document:
        """Create or replace an object, as if by somebody else."""
        return self._put(resource.plural, namespace, _meta(document)["name"], copy.deepcopy(document))

    def get(self, resource: AnyResourceType, name: str, namespace: str = "") -> Document | None:
        """An object as it is now."""
        return self._objects.get((resource.plural, namespace, name))

    def all(self, resource: AnyResourceType) -> list[Document]:
        """All objects of a kind."""
        return [thing for (plural, _, _), thing in self._objects.items() if plural == resource.plural]

    def remove(self, resource: AnyResourceType, name: str, namespace: str = "") -> None:
        """Delete an object at once, as if by somebody else."""
        self._remove((resource.plural, namespace, name))

    def disconnect(self) -> None:
        """End all watches, as a restart would."""
        for watcher in self._watchers:
            watcher.put_nowait(None)

    def forget(self) -> None:
        """Compact: every older revision answers 410, running watches end with it."""
        self._history.clear()
        self._oldest = self.revision + 1
        for watcher in self._watchers:
            watcher.put_nowait(Expired("too old resource version"))

    def bookmark(self) -> None:
        """Send every watcher a bookmark."""
        for watcher in self._watchers:
            watcher.put_nowait(_Change(self.revision, "", "", None, None))

    async def __call__(self, request: Request) -> Response:
        """Answer."""
        self.requests.append((request.method, request.path))
        try:
            if self.before is not None:
                self.before(request)
            return self._answer(request)
        except StatusError as error:
            return Response(error.code, body=error.to_bytes())

    def _answer(self, request: Request) -> Response:
        where, query = _where(request.path), dict(request.query_items())
        body = orjson.loads(request.body) if request.body else {}
        if request.method == "GET" and not where.name:
            if query.get("watch") == "true":
                return self._watch(where, query)
            return self._list(where, query)
        if request.method == "POST":
            return self._create(where, body)
        if request.method == "DELETE" and not where.name:
            for namespace, name in [(key[1], key[2]) for key in self._objects if key[0] == where.plural]:
                if namespace == where.namespace:
                    self._delete(_Where(where.prefix, namespace, where.plural, name), {})
            return _ok({"kind": "Status", "status": "Success"})
        old = self._objects.get((where.plural, where.namespace, where.name))
        if old is None:
            raise NotFound(f'{where.plural} "{where.name}" not found', name=where.name, kind=where.plural)
        if request.method == "DELETE":
            return _ok(self._delete(where, body))
        return _ok(old if request.method == "GET" else self._change(where, request.method, old, body))

    def _list(self, where: _Where, query: dict[str, str]) -> Response:
        chosen = _selector(where, query)
        found = [thing for key, thing in sorted(self._objects.items()) if key[0] == where.plural and chosen(thing)]
        start, limit = int(query.get("continue", "0")), int(query.get("limit", "0")) or len(found)
        more = str(start + limit) if start + limit < len(found) else ""
        meta = {"resourceVersion": str(self.revision), **({"continue": more} if more else {})}
        return _ok({"kind": "List", "apiVersion": "v1", "metadata": meta, "items": found[start : start + limit]})

    def _watch(self, where: _Where, query: dict[str, str]) -> Response:
        since = int(query.get("resourceVersion") or self.revision)
        queue: asyncio.Queue[_Change | StatusError | None] = asyncio.Queue()
        if since + 1 < self._oldest:
            queue.put_nowait(Expired(f"too old resource version: {since} ({self._oldest})"))
        for change in self._history:
            if change.revision > since:
                queue.put_nowait(change)
        self._watchers.add(queue)
        return Response(body=self._stream(queue, where.plural, _selector(where, query)))

    async def _stream(
        self, queue: asyncio.Queue[_Change | StatusError | None], plural: str, chosen: Callable[[Document], bool]
    ) -> AsyncIterator[bytes]:
        try:
            while (change := await queue.get()) is not None:
                if isinstance(change, StatusError):
                    yield _line("ERROR", change.to_status())
                    return
                if not change.plural:
                    yield _line("BOOKMARK", {"metadata": {"resourceVersion": str(change.revision)}})
                if change.plural != plural:
                    continue
                was = change.old if change.old is not None and chosen(change.old) else None
                now = change.new if change.new is not None and chosen(change.new) else None
                if now is not None:
                    yield _line("ADDED" if was is None else "MODIFIED", now)
                elif was is not None:
                    yield _line("DELETED", _versioned(was, change.revision))
        finally:
            self._watchers.discard(queue)

    def _create(self, where: _Where, body: Document) -> Response:
        if where.subresource == "binding":
            pod = self._objects[(where.plural, where.namespace, where.name)]
            target = body["target"]
            assert isinstance(target, dict)
            self._put(
                where.plural,
                where.namespace,
                where.name,
                apply_merge_patch(pod, {"spec": {"nodeName": target["name"]}}),
            )
            return _ok({"kind": "Status", "apiVersion": "v1", "status": "Success"}, 201)
        meta = _meta(body)
        if not meta.get("name"):
            meta["name"] = f"{meta['generateName']}{self.revision:05d}"
        if (where.plural, where.namespace, meta["name"]) in self._objects:
            raise AlreadyExists(f'{where.plural} "{meta["name"]}" already exists', name=meta["name"], kind=where.plural)
        return _ok(self._put(where.plural, where.namespace, meta["name"], body), 201)

    def _change(self, where: _Where, method: str, old: Document, body: Document) -> Document:
        wanted = (body.get("metadata") or {}).get("resourceVersion")  # type: ignore[attr-defined] # JSON
        if wanted and wanted != _meta(old)["resourceVersion"]:
            raise Conflict(f'Operation cannot be fulfilled on {where.plural} "{where.name}": it has been modified')
        new = apply_merge_patch(old, body) if method == "PATCH" else {**old, **body, "metadata": _meta(old)}
        if where.subresource == "status":
            new = {**old, "status": new.get("status", {}), "metadata": new["metadata"]}
        if orjson.dumps(new, option=orjson.OPT_SORT_KEYS) == orjson.dumps(old, option=orjson.OPT_SORT_KEYS):
            return old
        meta = _meta(new)
        if meta.get("deletionTimestamp") and not meta.get("finalizers") and where.plural != "pods":
            self._remove((where.plural, where.namespace, where.name))
            return new
        return self._put(where.plural, where.namespace, where.name, new)

    def _delete(self, where: _Where, options: Document) -> Document:
        key = (where.plural, where.namespace, where.name)
        old = self._objects[key]
        meta, conditions = _meta(old), options.get("preconditions")
        if isinstance(conditions, dict) and conditions.get("uid", meta["uid"]) != meta["uid"]:
            raise Conflict(f'Operation cannot be fulfilled on {where.plural} "{where.name}": precondition failed')
        spec = old.get("spec")
        graceful = where.plural == "pods" and isinstance(spec, dict) and bool(spec.get("nodeName"))
        if meta.get("finalizers") or (graceful and options.get("gracePeriodSeconds") != 0):
            if meta.get("deletionTimestamp"):
                return old
            return self._put(*key, {**old, "metadata": {**meta, "deletionTimestamp": NOW}})
        self._remove(key)
        return {"kind": "Status", "status": "Success", "details": {"name": where.name, "uid": meta["uid"]}}

    def _put(self, plural: str, namespace: str, name: str, document: Document) -> Document:
        old = self._objects.get((plural, namespace, name))
        self._uids += 1
        meta = {"uid": f"uid-{self._uids}", "creationTimestamp": NOW, **_meta(document)}
        if namespace:
            meta["namespace"] = namespace
        if old is not None:
            meta["uid"] = _meta(old)["uid"]
        self.revision += 1
        new = _versioned({**document, "metadata": meta}, self.revision)
        self._objects[(plural, namespace, name)] = new
        self._tell(_Change(self.revision, plural, namespace, old, new))
        return new

    def _remove(self, key: tuple[str, str, str]) -> None:
        old = self._objects.pop(key)
        self.revision += 1
        self._tell(_Change(self.revision, key[0], key[1], old, None))

    def _tell(self, change: _Change) -> None:
        self._history.append(change)
        for watcher in self._watchers:
            watcher.put_nowait(change)


def _where(path: str) -> _Where:
    parts = [unquote(part) for part in path.strip("/").split("/")]
    cut = 2 if parts[0] == "api" else 3
    prefix, rest, namespace = "/".join(parts[:cut]), parts[cut:], ""
    # /namespaces/x/pods has a namespace; /namespaces/x and /namespaces/x/status are about one.
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    return _Where(prefix, namespace, *rest)


def _selector(where: _Where, query: dict[str, str]) -> Callable[[Document], bool]:
    labels = parse_selector(query.get("labelSelector", ""))
    fields = parse_field_selector(query.get("fieldSelector", ""))

    def chosen(thing: Document) -> bool:
        meta = _meta(thing)
        if where.namespace and meta.get("namespace") != where.namespace:
            return False
        values = {path: _at(thing, path) for path, _, _ in fields.requirements}
        return labels.matches(meta.get("labels") or {}) and fields.matches(values)

    return chosen


def _at(thing: object, path: str) -> str:
    for part in path.split("."):
        thing = thing.get(part) if isinstance(thing, dict) else None
    return "" if thing is None else str(thing)


def _meta(document: Document) -> dict[str, Any]:
    meta = document.setdefault("metadata", {})
    assert isinstance(meta, dict)
    return meta


def _versioned(document: Document, revision: int) -> Document:
    return {**document, "metadata": {**_meta(document), "resourceVersion": str(revision)}}


def _ok(document: Document, status: int = 200) -> Response:
    return Response(status, body=orjson.dumps(document))


def _line(kind: str, document: Document) -> bytes:
    return orjson.dumps({"type": kind, "object": document}) + b"\n"

"""What is asked for: the resource, the namespace, the name and the verb, read from the path.

Splitting and dictionary look-ups, no patterns: routing and authorization see the same, decoded
segments, and a path that plays tricks (`//`, `..`, an encoded slash) names nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from wherry.apimachinery.errors import MethodNotAllowed, NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.request import ApiRequest

COLLECTION_VERBS = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}
OBJECT_VERBS = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
SUBRESOURCE_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
# Methods that only a proxy takes, and what they mean to the authorizer.
PROXIED_METHODS = {"HEAD": "get", "OPTIONS": "options"}
ALLOWED_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
# Subresources that are reached by GET and mean "create" (a GET that upgrades may do as much as a POST).
CONNECT_SUBRESOURCES = frozenset({"exec", "attach", "portforward"})
_TRICKS = frozenset({"", ".", ".."})
_HIDDEN = re.compile(r"[/\0]")


class Routes:
    """Finds the resource that a path names."""

    def __init__(self, resources: Iterable[AnyResourceType]) -> None:
        """Serves these kinds."""
        self._versions: dict[tuple[str, str], dict[str, AnyResourceType]] = {}
        for resource in resources:
            self._versions.setdefault((resource.group, resource.version), {})[resource.plural] = resource

    def resolve(self, request: ApiRequest) -> None:
        """Fill in resource, namespace, name, subresource and verb.

        Raises:
            NotFound: the path looks like an API object's and there is no such kind.
            MethodNotAllowed: the path is right and the method is not.
        """
        http = request.http
        request.verb = http.method.lower()
        segments = http.path.split("/")
        if segments[-1] == "" and len(segments) > 2:
            segments.pop()
        if http.method not in ALLOWED_METHODS and not (http.method in PROXIED_METHODS and "/proxy" in http.path):
            raise MethodNotAllowed
        if "%" in http.path:
            segments = [unquote(segment) for segment in segments]
        rest = self._find_version(http.path, segments)
        if rest is not None:
            kinds, tail = rest
            self._resolve_tail(request, kinds, tail)

    def _find_version(self, path: str, segments: list[str]) -> tuple[dict[str, AnyResourceType], list[str]] | None:
        """The kinds of the version that `path` names and the rest of its segments; None if it is no object's path."""
        root = segments[1] if len(segments) > 1 else ""
        if root == "api" and len(segments) > 3:
            group, version, tail = "", segments[2], segments[3:]
        elif root == "apis" and len(segments) > 4:
            group, version, tail = segments[2], segments[3], segments[4:]
        else:
            return None
        kinds = self._versions.get((group, version))
        # A slash or a NUL can only have come from an encoded one.
        own = _own_part(tail)
        if kinds is None or not _TRICKS.isdisjoint(own) or ("%" in path and any(map(_HIDDEN.search, own))):
            raise no_such_path()
        return kinds, tail

    def _resolve_tail(self, request: ApiRequest, kinds: dict[str, AnyResourceType], tail: list[str]) -> None:
        namespace = ""
        # The old form of a watch: /watch/pods is /pods?watch=true.
        is_watch = tail[0] == "watch" and len(tail) > 1
        if is_watch:
            tail = tail[1:]
        # /namespaces/x/pods is a namespaced path, /namespaces/x/status a subresource of the namespace.
        if len(tail) > 2 and tail[0] == "namespaces" and (kind := kinds.get(tail[2])) and kind.namespaced:
            namespace, tail = tail[1], tail[2:]
        resource = kinds.get(tail[0])
        if resource is None:
            raise no_such_path()
        request.resource = resource
        request.namespace = namespace
        request.name = tail[1] if len(tail) > 1 else ""
        request.subresource = "/".join(tail[2:])
        if resource.namespaced and not namespace and request.name:
            raise no_such_path()
        request.verb = self._verb(request, resource, is_watch=is_watch)

    def _verb(self, request: ApiRequest, resource: AnyResourceType, *, is_watch: bool) -> str:
        method = request.http.method
        if is_watch:
            if request.subresource or "watch" not in resource.verbs:
                raise no_such_path()
            if method != "GET":
                raise MethodNotAllowed
            return "watch"
        if request.subresource:
            name = request.subresource.split("/", 1)[0]
            found = next((sub for sub in resource.subresources if sub.name == name), None)
            if found is None or (name != request.subresource and name != "proxy"):
                raise no_such_path()
            if name == "proxy":
                # What follows belongs to the backend.
                request.subresource = name
                return PROXIED_METHODS.get(method) or SUBRESOURCE_VERBS[method]
            verb = SUBRESOURCE_VERBS.get(method, "")
            if verb not in found.verbs:
                raise MethodNotAllowed
            return "create" if name in CONNECT_SUBRESOURCES else verb
        verb = (OBJECT_VERBS if request.name else COLLECTION_VERBS).get(method, "")
        if verb in ("get", "list") and request.http.query and request.is_set("watch"):
            verb = "watch"
        if verb not in resource.verbs:
            raise MethodNotAllowed
        if verb in ("create", "deletecollection") and resource.namespaced and not request.namespace:
            raise MethodNotAllowed
        return verb


def _own_part(tail: list[str]) -> list[str]:
    """The segments that mean something here; what follows `proxy` is for others to understand."""
    for position in (2, 4):
        if len(tail) > position and tail[position] == "proxy" and (position == 2 or tail[0] == "namespaces"):
            return tail[: position + 1]
    return tail


def no_such_path() -> NotFound:
    """The answer to a path that names nothing."""
    return NotFound("the server could not find the requested resource")

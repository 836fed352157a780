"""May they? The question that every request is asked, and the sentence that says no.

Who decides is an Authorizer (authorization/authorizers.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden
from wherry.apimachinery.fields import parse_field_selector
from wherry.apiserver.request import ApiRequest, UserInfo

SELECTING_VERBS = frozenset({"list", "watch", "deletecollection"})
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody wants to do. `path` is set, and the resource is not, for paths that are no API objects.

    `fields` are the values that a field selector demands; the name that it demands is `name`.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    fields: Fields = ()


@dataclass(frozen=True, slots=True)
class UserRules:
    """What somebody may do in a namespace, as in a SelfSubjectRulesReview; `error` says what is not in it."""

    resource_rules: list[Document]
    other_rules: list[Document]
    error: str = ""


class Authorizer(Protocol):
    """Decides who may do what, from what it has seen at its last `refresh`."""

    @property
    def is_behind(self) -> bool:
        """Whether there is something to `refresh`."""

    async def refresh(self) -> None:
        """Take in what has changed of roles and bindings."""

    async def refresh_for(self, user: UserInfo, plural: str) -> None:
        """Take in what else decides about this user's access to a kind."""

    def is_allowed(self, user: UserInfo, access: Access) -> bool:
        """Whether `user` may."""

    def reason(self, user: UserInfo, access: Access) -> str:
        """What a refusal should add to its sentence; "" for nothing."""

    def rules_for(self, user: UserInfo, namespace: str) -> UserRules:
        """What `user` may do in a namespace."""


def authorize(authorizer: Authorizer, request: ApiRequest) -> None:
    """Let a request pass, or raise Forbidden."""
    user, access = request.user, access_of(request)
    if not authorizer.is_allowed(user, access):
        raise denied(user, access, authorizer.reason(user, access))


def access_of(request: ApiRequest) -> Access:
    """What a request wants to do."""
    resource = request.resource
    if resource is None:
        return Access(request.verb, path=request.http.path)
    name: str = request.name
    fields: Fields = ()
    if request.verb in SELECTING_VERBS and "fieldSelector" in request.http.query:
        fields = demanded_fields(request.query.get("fieldSelector", ""))
        name = name or dict(fields).get("metadata.name", "")
    # A namespace lies in itself: who has a role there may look at it. Its collection lies nowhere.
    is_namespace = (resource.group, resource.plural) == ("", "namespaces")
    namespace = request.name if is_namespace else request.namespace
    return Access(request.verb, resource.group, resource.plural, request.subresource, namespace, name, "", fields)


def demanded_fields(selector: str) -> Fields:
    """The values that a field selector demands; of one that cannot be read, none (the handler will say so)."""
    try:
        parsed = parse_field_selector(selector)
    except ValueError:
        return ()
    return tuple((path, value) for path, operator, value in parsed.requirements if operator == "=")


def denied(user: UserInfo, access: Access, reason: str = "") -> Forbidden:
    """The sentence that says who may not do what, and perhaps why."""
    why = f": {reason}" if reason else ""
    if not access.resource:
        return Forbidden(f'forbidden: User "{user.name}" cannot {access.verb} path "{access.path}"{why}')
    resource = f"{access.resource}/{access.subresource}" if access.subresource else access.resource
    qualified = f"{access.resource}.{access.group}" if access.group else access.resource
    subject = f'{qualified} "{access.name}"' if access.name else qualified
    where = f'in the namespace "{access.namespace}"' if access.namespace else "at the cluster scope"
    return Forbidden(
        f'{subject} is forbidden: User "{user.name}" cannot {access.verb} resource "{resource}" '
        f'in API group "{access.group}" {where}{why}',
        name=access.name,
        group=access.group,
        kind=access.resource,
    )

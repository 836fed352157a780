"""A request as the API server sees it: who asks for which verb on which resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.kit.http.types import Request


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Somebody who has proved who they are."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


AUTHENTICATED = "system:authenticated"
ACCOUNT_PREFIX = "system:serviceaccount:"
# What fits into 64 bits has no more.
NUMBER_DIGITS_MAX = 19
ANONYMOUS = UserInfo("system:anonymous", ("system:unauthenticated",))


def user_document(user: UserInfo) -> Document:
    """A user as it stands in objects."""
    info: Document = {"username": user.name}
    if user.uid:
        info["uid"] = user.uid
    if user.groups:
        info["groups"] = list(user.groups)
    if user.extra:
        info["extra"] = {name: list(values) for name, values in user.extra.items()}
    return info


def account_of(user_name: str) -> tuple[str, str] | None:
    """The namespace and name of the service account that a user is; None for other users."""
    if not user_name.startswith(ACCOUNT_PREFIX):
        return None
    namespace, separator, name = user_name.removeprefix(ACCOUNT_PREFIX).partition(":")
    return (namespace, name) if namespace and separator and name and ":" not in name else None


def account_groups(namespace: str) -> tuple[str, ...]:
    """The groups of every service account of a namespace."""
    return ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")


@dataclass(slots=True)
class ApiRequest:
    """One request on its way through the filters, which fill it in.

    `resource` is None for paths that are no API objects (/version). `verb` is Kubernetes' own
    (get, list, watch, create, update, patch, delete, deletecollection), or the lower-case HTTP
    method for other paths. `acted` is who has signed in, where `user` is somebody else whom they act as.
    `warnings` become Warning headers.
    """

    http: Request
    verb: str = ""
    resource: AnyResourceType | None = None
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    user: UserInfo = ANONYMOUS
    acted: str = ""
    warnings: list[str] = field(default_factory=list)
    _query: dict[str, str] | None = None

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; the first one counts where a name occurs twice."""
        if self._query is None:
            parsed: dict[str, str] = {}
            if self.http.query:
                for name, value in self.http.query_items():
                    parsed.setdefault(name, value)
            self._query = parsed
        return self._query

    @property
    def target(self) -> AnyResourceType:
        """The resource, where the routing has made sure that there is one."""
        assert self.resource is not None
        return self.resource

    def is_set(self, name: str) -> bool:
        """Whether a boolean parameter is given and not false; as upstream, `?watch` and `?watch=` mean true."""
        text = self.query.get(name)
        return text is not None and text != "0" and text.lower() != "false"

    def whole_number(self, name: str, default: int) -> int:
        """A number from the query. Raises BadRequest, in Go's words, for anything else."""
        text = self.query.get(name, "")
        if not text:
            return default
        digits = text[1:] if text[:1] in ("-", "+") else text
        if not (digits.isascii() and digits.isdigit()):
            raise BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        # Python does not read more than 4,300 digits.
        number = int(text) if len(digits.lstrip("0")) <= NUMBER_DIGITS_MAX else 1 << 63
        if not -(2**63) <= number < 2**63:
            raise BadRequest(f'strconv.ParseInt: parsing "{text}": value out of range')
        return number

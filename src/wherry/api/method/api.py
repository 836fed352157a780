"""An API: what a service promises, as a document that anybody in the cluster can read.

It lives in the provider's namespace, so that only the provider's team can change it, or who may sign for the team.
"""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct


class ApiSpec(Struct):
    service: str
    digest: str
    team: str = ""
    people: tuple[str, ...] = ()
    version: str = ""
    document: str = ""
    document_from: str = ""
    port: int = 80
    served_at: str = ""


class Seen(Struct):
    """What the running service served when somebody looked."""

    digest: str = ""
    at: str = ""
    by: str = ""


class ApiStatus(Struct):
    served: Seen = field(default_factory=Seen)


class Api(Struct):
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ApiSpec
    status: ApiStatus = field(default_factory=ApiStatus)


APIS = resource_type(Api, group="wherry.dev", kind="API", plural="apis", subresources=(STATUS,), acted_on_by="clients")

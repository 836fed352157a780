"""A Comment: what a person says about a promise, a need or a contract, at one version of it. It proves itself."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class CommentSpec(Struct):
    """`subject` is API, Need or Agreement, `name` what it is called. The digests are those that were talked about."""

    subject: str
    namespace: str
    name: str
    user: str
    at: str
    text: str = ""
    about: str = ""
    api_digest: str = ""
    need_digest: str = ""
    withdraws: str = ""
    certificate: str
    signature: str


class Comment(Struct):
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: CommentSpec


COMMENTS = resource_type(Comment, group="wherry.dev", kind="Comment", plural="comments", acted_on_by="clients")

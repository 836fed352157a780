"""A Model: the system as it is and as it shall be, as a model.yaml says it. Each release publishes it anew.

`now` and `next` are what the file says, in its own words; `status` is what somebody saw last, and nobody reads it back.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import field

from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct


class ModelSource(Struct):
    """The file that was published: its name, its repository and commit, and whether it was changed since."""

    file: str = ""
    repository: str = ""
    revision: str = ""
    uncommitted: bool = False


class ModelSpec(Struct):
    next: Document
    digest: str
    now: Document | None = None
    source: ModelSource = field(default_factory=ModelSource)
    documents: Mapping[str, str] = field(default_factory=dict)
    documents_from: str = ""
    by: str = ""
    at: str = ""


class ModelStatus(Struct):
    says: str = ""
    done: int = 0
    steps: int = 0
    at: str = ""


class Model(Struct):
    """One system's, in the namespace of the team that plans it."""

    spec: ModelSpec
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    status: ModelStatus = field(default_factory=ModelStatus)


MODELS = resource_type(
    Model, group="wherry.dev", kind="Model", plural="models", subresources=(STATUS,), acted_on_by="clients"
)

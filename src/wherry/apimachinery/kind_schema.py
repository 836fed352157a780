"""What the server asks of a kind's schema, be it published with Kubernetes or written by a user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError


@dataclass(frozen=True, slots=True)
class SchemaResult:
    """What the check of a document found.

    `document` is the document pruned (the original is unchanged, parts of it are shared); `unknown`
    are the paths of the fields left out (`spec.containers[0].foo`); `missing` are the paths of the
    fields that the kind requires; `decode_error`, when not "", is Go's sentence about a wrong type,
    and the document is then empty.
    """

    document: Document
    unknown: list[str]
    missing: list[str]
    decode_error: str = ""

    @property
    def errors(self) -> list[FieldError]:
        """The missing fields as field errors."""
        return [field_errors.required(path) for path in self.missing]


class KindSchema(Protocol):
    """What objects of one kind may look like."""

    def check(self, document: Document) -> SchemaResult:
        """Check and prune a document; see SchemaResult. Does not change it."""

    def cannot_be_handled(self, why: str) -> str:
        """Kubernetes' sentence for a body of the right kind that cannot be decoded."""

    def zero_of(self, path: Iterable[str]) -> object:
        """What is written where the field at a path of names and positions is absent; None for nothing."""

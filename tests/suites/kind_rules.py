"""What a kind refuses: the errors of a sample after some changes."""

from __future__ import annotations

import copy

from suites.sample_objects import sample
from wherry.api.documents import section
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType


def errors_of(resource: AnyResourceType, changes: Document, old: Document | None = None) -> list[str]:
    """Errors of the sample (or of `old`, updated) with `changes` merged in at the top, in spec and in metadata.

    A change to None takes a field away.
    """
    document = copy.deepcopy(old) if old is not None else sample(resource)
    for name, value in copy.deepcopy(changes).items():
        if name in ("spec", "metadata") and isinstance(value, dict):
            for inner, below in value.items():
                if below is None:
                    section(document, name).pop(inner, None)
                else:
                    section(document, name)[inner] = below
        elif value is None:
            document.pop(name, None)
        else:
            document[name] = value
    resource.default(document)
    resource.prepare(document, old)
    return [str(error) for error in resource.validate(document, old)]

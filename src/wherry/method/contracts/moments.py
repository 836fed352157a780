"""Which of two objects came first, by the API server's own word: it is nobody's to choose.

A time of creation is told to the second; within a second the revision tells.
"""

from __future__ import annotations

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.numerals import whole_number

Moment = tuple[str, int]
"""(2026-01-01T00:00:00Z, 41): earlier is smaller."""
NEVER: Moment = ("", 0)
"""Before everything."""


def moment_of(metadata: ObjectMeta) -> Moment:
    """When an object was made that nobody changes."""
    return metadata.creation_timestamp, whole_number(metadata.resource_version) or 0

"""A whole API object as plain data, every field included.

Where a Struct holds what Wherry acts on, a Document is what the user wrote: controllers carry pod
templates as Documents, so that a field they do not know is never lost.
"""

from __future__ import annotations

Document = dict[str, object]
"""JSON object: str keys; values are str, int, float, bool, None, list or Document. Never changed by a reader."""

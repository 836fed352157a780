"""What an object is called in every release: its name without the hash of its content that kustomize appends.

kustomize's generators name a ConfigMap `orders-7tmfm2mbkf`, so that pods start anew when a setting changes. Whoever
compares two releases compares `orders` with `orders`.
"""

from __future__ import annotations

import re

# The first ten hexadecimal digits of a SHA-256, with letters in place of those that could spell a word.
_CONTENT_HASH = re.compile(r"-[2456789bcdfghkmt]{10}$")


def stable_name(name: str) -> str:
    """The name (or `Kind/name`) without kustomize's hash at its end."""
    return _CONTENT_HASH.sub("", name)

"""What cannot be done about a contract as things are, with the way out."""

from __future__ import annotations


class NotPossible(Exception):
    """It cannot be done as things are; what to do is in `remedy`."""

    def __init__(self, message: str, remedy: str) -> None:
        """Both are sentences for people."""
        super().__init__(message)
        self.remedy = remedy

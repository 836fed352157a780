"""What goes wrong between a commit and a running service, as a sentence and a way out."""

from __future__ import annotations


class CannotDeliver(Exception):
    """A stage does not go on.

    Exit codes: 1 no, 2 you typed, 3 cannot reach, 4 refused for safety, 5 timed out.
    """

    def __init__(self, message: str, remedy: str, exit_code: int = 1) -> None:
        """Both texts are for people; `remedy` is a command or a sentence."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.exit_code = exit_code

"""`$(NAME)` in commands, arguments and variables. `$$(NAME)` means the text `$(NAME)` itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"\$(\$|\(([^)]*)\))")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Put in the values of `variables`; a name that is not known stays as it is written."""
    if "$" not in text:
        return text

    def replaced(match: re.Match[str]) -> str:
        if match[1] == "$":
            return "$"
        return variables.get(match[2], match[0])

    return _TOKEN.sub(replaced, text)

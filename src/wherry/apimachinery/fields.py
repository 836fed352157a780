r"""Field selectors: `metadata.name=web,status.phase!=Running`.

Only equality; which fields can be selected is the kind's matter. In values, `\,`, `\=` and `\\`
stand for the plain characters.

Source: kubernetes apimachinery, pkg/fields/selector.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TERMS = re.compile(r"((?:\\.|[^,\\]|\\$)*)(?:,|$)", re.DOTALL)
_OPERATOR = re.compile(r"!=|==|=")


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """Chooses objects by the values of fields. `requirements` are (path, "=" or "!=", value)."""

    requirements: tuple[tuple[str, str, str], ...] = ()

    def matches(self, values: Mapping[str, str]) -> bool:
        """Whether an object is chosen whose fields have these values (absent counts as "")."""
        for path, operator, wanted in self.requirements:
            if (values.get(path, "") == wanted) != (operator == "="):
                return False
        return True

    @property
    def is_everything(self) -> bool:
        """Whether it chooses every object."""
        return not self.requirements

    def required_value(self, path: str) -> str | None:
        """The value that field `path` must have, if the selector demands one."""
        for required_path, operator, wanted in self.requirements:
            if required_path == path and operator == "=":
                return wanted
        return None

    def __str__(self) -> str:
        """As in a query."""
        return ",".join(f"{path}{operator}{escape_value(value)}" for path, operator, value in self.requirements)


def parse_field_selector(text: str) -> FieldSelector:
    """Read a field selector; "" chooses everything.

    Raises:
        ValueError: with the words of Kubernetes.
    """
    requirements: list[tuple[str, str, str]] = []
    for match in _TERMS.finditer(text):
        term = match.group(1)
        if not term:
            continue
        operator = _OPERATOR.search(term)
        if operator is None:
            raise ValueError(f"invalid selector: '{text}'; can't understand '{term}'")
        path, value = term[: operator.start()], unescape_value(term[operator.end() :])
        requirements.append((path, "!=" if operator.group() == "!=" else "=", value))
    return FieldSelector(tuple(requirements))


def escape_value(value: str) -> str:
    """Make a value safe inside a field selector."""
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")


def unescape_value(value: str) -> str:
    r"""The opposite of `escape_value`.

    Raises:
        ValueError: a backslash before anything but `\`, `,` or `=`, or one of these bare.
    """
    plain: list[str] = []
    position = 0
    while position < len(value):
        character = value[position]
        if character == "\\":
            position += 1
            escaped = value[position : position + 1]
            if escaped not in {"\\", ",", "="}:
                raise ValueError(f"invalid field selector: invalid escape sequence: \\{escaped}")
            plain.append(escaped)
        elif character in ",=":
            raise ValueError(f"invalid field selector: unescaped character in value: {ord(character)}")
        else:
            plain.append(character)
        position += 1
    return "".join(plain)

"""Values that are a count or a share: 3, or "25%".

Source: kubernetes apimachinery, pkg/util/intstr.
"""

from __future__ import annotations

import re


def scaled_value(value: int | str, total: int, *, round_up: bool) -> int:
    """How many of `total` are meant by 3 or "25%".

    Raises:
        ValueError: text that is not a percentage.
    """
    if isinstance(value, int):
        return value
    match = re.fullmatch(r"([+-]?[0-9]{1,9})%", value)
    if match is None:
        raise ValueError("invalid value for IntOrString: invalid type: string is not a percentage")
    scaled = int(match.group(1)) * total
    return -(-scaled // 100) if round_up else scaled // 100

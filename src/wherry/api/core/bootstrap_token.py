"""What stands in the Secret of a bootstrap token.

Source: kubernetes cluster-bootstrap, token/util and token/api.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from wherry.apimachinery.timestamps import parse_time

TYPE = "bootstrap.kubernetes.io/token"
NAMESPACE = "kube-system"
NAME_PREFIX = "bootstrap-token-"
_EXTRA_GROUP = re.compile(r"system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]")


def is_expired(data: dict[str, str], now_s: float) -> bool:
    """Whether the token's time is over; a time that cannot be read is over."""
    expiration = data.get("expiration", "")
    if not expiration:
        return False
    try:
        return parse_time(expiration) <= now_s
    except ValueError:
        return True


def extra_groups(data: dict[str, str]) -> list[str] | None:
    """The further groups of the token, sorted; None when one of them may not be given."""
    groups = sorted({group for group in data.get("auth-extra-groups", "").split(",") if group})
    return groups if all(_EXTRA_GROUP.fullmatch(group) for group in groups) else None


def decoded(data: Mapping[str, object]) -> dict[str, str]:
    """The data of a Secret as text; what is no text is left out."""
    plain: dict[str, str] = {}
    for name, value in data.items():
        try:
            plain[name] = base64.b64decode(str(value)).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
    return plain

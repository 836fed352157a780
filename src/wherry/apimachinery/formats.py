"""The formats that a text may be required to have, such as `date-time` or `cidr`.

A format that is not in FORMATS is no requirement, as upstream has it. All patterns here are the server's own
and free of repetition within repetition.

Source: kubernetes kube-openapi, pkg/validation/strfmt; apiextensions-apiserver, pkg/apiserver/validation/formats.go.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from wherry.apimachinery.names import dns1123_label, dns1123_subdomain

_DATE_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))", re.ASCII)
_DURATION = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_LONG_DURATION = re.compile(r"\d+\s*(?:ns|nano|us|µs|micro|ms|milli|s|sec|m|min|h|hr|hour|d|day|w|week|wk)s?", re.ASCII)
_UUID = r"[0-9a-f]{8}-?[0-9a-f]{4}-?%s[0-9a-f]{3}-?%s[0-9a-f]{3}-?[0-9a-f]{12}"
_SHADE = r"\s*(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\s*"
_RGB = re.compile(rf"rgb\({_SHADE},{_SHADE},{_SHADE}\)")
_EMAIL_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
HOST_LENGTH_MAX = 253
_DAYS_PER_MONTH_MAX = 31


def _fits(pattern: str, flags: int = 0) -> Callable[[str], bool]:
    match = re.compile(pattern, flags | re.ASCII).fullmatch
    return lambda text: match(text) is not None


def is_date_time(text: str) -> bool:
    """A moment as RFC 3339 writes it; a leap second is none that Go knows."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return False
    year, month, day, hour, minute, second, *offset = (int(part or 0) for part in match.groups())
    in_day = hour < 24 and minute < 60 and second < 60 and offset[0] < 24 and offset[1] < 60
    return in_day and _is_day(year, month, day)


def is_date(text: str) -> bool:
    """A day: 2027-01-15."""
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text, re.ASCII)
    return match is not None and _is_day(*(int(part) for part in match.groups()))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year or 4, month, day)
    except ValueError:
        return False
    return True


def is_duration(text: str) -> bool:
    """A span of time as Go writes it (1h30m), or a number with a longer word (3 days)."""
    if text in ("0", "+0", "-0") or _LONG_DURATION.fullmatch(text):
        return True
    position = 0
    while position < len(text):
        match = _DURATION.match(text, position)
        # The sign may stand in front of the whole only.
        if match is None or (position and text[position] in "+-"):
            return False
        position = match.end()
    return bool(text)


def _is_byte(text: str) -> bool:
    try:
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_address(version: int) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            return ipaddress.ip_address(text).version == version and "%" not in text
        except ValueError:
            return False

    return check


def is_cidr(text: str) -> bool:
    """An address and the length of its network's part: 10.0.0.0/8."""
    if not re.fullmatch(r"[^/]+/\d{1,3}", text, re.ASCII):
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "%" not in text


def is_uri(text: str) -> bool:
    """An absolute address, or a path from the root: what Go's url.ParseRequestURI takes."""
    if not text or any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        return False
    if text.startswith("/"):
        return True
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.scheme) and text[len(parts.scheme) :].startswith(":/") and " " not in parts.netloc


def is_hostname(text: str) -> bool:
    """A name of a machine, of labels that are not too long."""
    if not text or len(text) > HOST_LENGTH_MAX:
        return False
    return all(_HOST_LABEL.fullmatch(label) for label in text.removesuffix(".").split("."))


def is_email(text: str) -> bool:
    """An address of a person: name@host."""
    local, at, host = text.rpartition("@")
    return bool(at) and _EMAIL_LOCAL.fullmatch(local) is not None and (is_hostname(host) or host.startswith("["))


def _is_isbn10(text: str) -> bool:
    digits = text.replace("-", "").replace(" ", "")
    if not re.fullmatch(r"\d{9}[\dX]", digits, re.ASCII):
        return False
    return sum((10 if digit == "X" else int(digit)) * (10 - place) for place, digit in enumerate(digits)) % 11 == 0


def _is_isbn13(text: str) -> bool:
    digits = text.replace("-", "").replace(" ", "")
    if not re.fullmatch(r"\d{13}", digits, re.ASCII):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


_CREDIT_CARD = re.compile(
    r"4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|(?:2131|1800|35\d{3})\d{11}"
)


def _is_credit_card(text: str) -> bool:
    return _CREDIT_CARD.fullmatch(re.sub(r"[^0-9]", "", text)) is not None


FORMATS: dict[str, Callable[[str], bool]] = {
    "bsonobjectid": _fits(r"[0-9a-fA-F]{24}"),
    "byte": _is_byte,
    "cidr": is_cidr,
    "creditcard": _is_credit_card,
    "date": is_date,
    "datetime": is_date_time,
    "duration": is_duration,
    "email": is_email,
    "hexcolor": _fits(r"#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "hostname": is_hostname,
    "ipv4": _is_address(4),
    "ipv6": _is_address(6),
    "isbn": lambda text: _is_isbn10(text) or _is_isbn13(text),
    "isbn10": _is_isbn10,
    "isbn13": _is_isbn13,
    "k8slongname": lambda text: not dns1123_subdomain(text),
    "k8sshortname": lambda text: not dns1123_label(text),
    "mac": _fits(
        r"(?:[0-9a-fA-F]{2}([:-]))(?:[0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}"
    ),
    "password": lambda text: True,
    "rgbcolor": lambda text: _RGB.fullmatch(text) is not None,
    "ssn": _fits(r"\d{3}[- ]?\d{2}[- ]?\d{4}"),
    "uri": is_uri,
    "uuid": _fits(_UUID % ("[0-9a-f]", "[0-9a-f]"), re.IGNORECASE),
    "uuid3": _fits(_UUID % ("3", "[0-9a-f]"), re.IGNORECASE),
    "uuid4": _fits(_UUID % ("4", "[89ab]"), re.IGNORECASE),
    "uuid5": _fits(_UUID % ("5", "[89ab]"), re.IGNORECASE),
}
"""By the name without dashes: `date-time` and `datetime` are the same."""


def normal_format(name: str) -> str:
    """The key of FORMATS for a format as a schema writes it."""
    return name.replace("-", "")


def has_format(name: str, text: str) -> bool:
    """Whether a text has the format; an unknown one fits everything."""
    check = FORMATS.get(normal_format(name))
    return check is None or check(text)

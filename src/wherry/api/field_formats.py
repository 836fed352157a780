"""Checks of single fields that many kinds share: names, addresses, ports, and what may not change.

Each returns the list of what is wrong, in Kubernetes' words.

Source: kubernetes apimachinery, util/validation.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable

import msgspec

from wherry.api.ip_addresses import BAD_IP, is_ip
from wherry.api.object_meta import IMMUTABLE
from wherry.apimachinery.field_errors import FieldError, duplicate, index, invalid, required
from wherry.apimachinery.names import dns1123_subdomain

PORT_MAX = 65535
PORT_WRONG = f"must be between 1 and {PORT_MAX}, inclusive"
CIDR_WRONG = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
LINK_LOCAL_MULTICAST = (ipaddress.ip_network("224.0.0.0/24"), ipaddress.ip_network("ff02::/16"))
PREFIXED_PATH_WRONG = 'must be a domain-prefixed path (such as "acme.io/foo")'
NAME_SEGMENTS_MIN = 3

_URL_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_is_url_path = re.compile(_URL_PATH).fullmatch


def fitting(path: str, value: str, rule: Callable[[str], str]) -> list[FieldError]:
    """A text that must obey a rule of `names`; empty text is judged too."""
    wrong = rule(value)
    return [invalid(path, value, wrong)] if wrong else []


def named(path: str, value: str, rule: Callable[[str], str]) -> list[FieldError]:
    """A name that must be given and obey a rule of `names`."""
    return fitting(path, value, rule) if value else [required(path)]


def port_number(path: str, port: int) -> list[FieldError]:
    """A port that exists."""
    return [] if 0 < port <= PORT_MAX else [invalid(path, port, PORT_WRONG)]


def ip_wrong(text: str) -> str:
    """What is wrong with an address that must be written in its canonical form, or ""."""
    if not is_ip(text):
        return BAD_IP
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return "must not be an IPv4-mapped IPv6 address"
    return "" if str(address) == text else f'must be in canonical form ("{address}")'


def special_ip(text: str) -> str:
    """Why nobody can be reached at this address from elsewhere, or ""."""
    address = ipaddress.ip_address(text)
    if address.is_unspecified:
        return f"may not be unspecified ({address})"
    if address.is_loopback:
        return "may not be in the loopback range (127.0.0.0/8, ::1/128)"
    if address.is_link_local:
        return "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
    if any(address in network for network in LINK_LOCAL_MULTICAST if network.version == address.version):
        return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
    return ""


def is_cidr(text: str) -> bool:
    """Whether this is a range of addresses, written with its prefix length."""
    if "/" not in text or "%" in text or not text.rpartition("/")[2].isdigit():
        return False
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def cidr_wrong(text: str) -> str:
    """What is wrong with a range that must be written in its canonical form, or ""."""
    if not is_cidr(text):
        return CIDR_WRONG
    network = ipaddress.ip_network(text, strict=False)
    if ipaddress.ip_interface(text).ip != network.network_address:
        return "must not have bits set beyond the prefix length"
    return "" if str(network) == text else f'must be in canonical form ("{network}")'


def domain_prefixed_path(path: str, value: str) -> list[FieldError]:
    """A name such as `acme.io/ingress-controller`."""
    if not value:
        return [required(path)]
    host, _, rest = value.partition("/")
    if not host or not rest:
        return [invalid(path, value, PREFIXED_PATH_WRONG)]
    errors = fitting(path, host, dns1123_subdomain)
    if not _is_url_path(rest):
        detail = f"Invalid path (regex used for validation is '^{_URL_PATH}$')"
        errors.append(invalid(path, rest, detail))
    return errors


def fully_qualified_name(path: str, value: str) -> list[FieldError]:
    """A name such as `check.example.com`, with at least three parts."""
    errors = named(path, value, dns1123_subdomain)
    if not errors and len(value.split(".")) < NAME_SEGMENTS_MIN:
        errors.append(invalid(path, value, "should be a domain with at least three segments separated by dots"))
    return errors


def unchanged(path: str, new: object, old: object) -> list[FieldError]:
    """A field that is for life."""
    return [] if new == old else [invalid(path, msgspec.to_builtins(new), IMMUTABLE)]


def unique(path: str, values: Iterable[str]) -> list[FieldError]:
    """A list whose items must differ; each repetition is one error."""
    seen: set[str] = set()
    errors = []
    for position, value in enumerate(values):
        if value in seen:
            errors.append(duplicate(index(path, position), value))
        seen.add(value)
    return errors

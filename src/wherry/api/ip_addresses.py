"""Checks of IP addresses, in Kubernetes' words."""

from __future__ import annotations

import ipaddress

from wherry.apimachinery.field_errors import FieldError, invalid

BAD_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def is_ip(text: str) -> bool:
    """Whether this is an IPv4 or IPv6 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in str(address)


def validate_ip(text: str, path: str) -> list[FieldError]:
    """An IPv4 or IPv6 address."""
    return [] if is_ip(text) else [invalid(path, text, BAD_IP)]


def validate_one_per_family(addresses: list[str], path: str, shown: object) -> list[FieldError]:
    """At most one address of IPv4 and one of IPv6; `shown` is the list as the message prints it."""
    families = [ipaddress.ip_address(address).version for address in addresses if is_ip(address)]
    if len(addresses) <= 1 or (len(addresses) == 2 and len(set(families)) == 2):
        return []
    return [invalid(path, shown, "may specify no more than one IP for each IP family")]

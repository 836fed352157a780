"""Addresses that are understood, and that other programs may read differently.

Source: kubernetes apimachinery, util/validation/ip.go.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from wherry.api.field_formats import is_cidr
from wherry.api.ip_addresses import is_ip
from wherry.apimachinery.field_errors import index


def warn_of_addresses(path: str, addresses: Iterable[str]) -> list[str]:
    """IPv6 addresses that are written in more letters than they need, or that hide an IPv4 address."""
    warnings = []
    for position, text in enumerate(addresses):
        place = index(path, position)
        address = ipaddress.ip_address(text) if is_ip(text) else None
        if not isinstance(address, ipaddress.IPv6Address):
            continue
        if address.ipv4_mapped is not None:
            warnings.append(
                f'{place}: non-standard IP address "{text}" will be considered invalid in a future Kubernetes release: '
                f'use "{address.ipv4_mapped}"'
            )
        elif str(address) != text:
            warnings.append(f'{place}: IPv6 address "{text}" should be in RFC 5952 canonical format ("{address}")')
    return warnings


def warn_of_ranges(path: str, ranges: Iterable[str]) -> list[str]:
    """Ranges that name an address inside of them, or are written in more letters than they need."""
    warnings = []
    for position, text in enumerate(ranges):
        place = index(path, position)
        if not is_cidr(text):
            continue
        network, address = ipaddress.ip_network(text, strict=False), ipaddress.ip_interface(text).ip
        if address != network.network_address:
            alone = f"{address}/{network.max_prefixlen}"
            warnings.append(
                f'{place}: CIDR value "{text}" is ambiguous in this context (should be "{network}" or "{alone}"?)'
            )
        elif isinstance(network, ipaddress.IPv6Network) and str(network) != text:
            warnings.append(f'{place}: IPv6 CIDR value "{text}" should be in RFC 5952 canonical format ("{network}")')
    return warnings

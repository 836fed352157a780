"""Which families of addresses a Service gets in a cluster that has one.

Source: kubernetes pkg/registry/core/service/storage, initIPFamilyFields.
"""

from __future__ import annotations

import ipaddress

from wherry.api.documents import find, text
from wherry.api.ip_addresses import is_ip
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, index, invalid

SINGLE, REQUIRE = "SingleStack", "RequireDualStack"
OTHER = {"IPv4": "IPv6", "IPv6": "IPv4"}
POLICY, FAMILIES = "spec.ipFamilyPolicy", "spec.ipFamilies"
PAIR = 2


def settle_families(spec: Document, old: Document, family: str) -> list[FieldError]:
    """Fill in ipFamilyPolicy and ipFamilies, or say why they cannot be had.

    Args:
        old: the spec before an update, empty on create.
        family: `IPv4` or `IPv6`, what the cluster's services have.
    """
    is_nobodys = text(spec, "clusterIP") == "None" and not spec.get("selector")
    before = text(old, "ipFamilyPolicy")
    policy = text(spec, "ipFamilyPolicy") or before or (REQUIRE if is_nobodys else SINGLE)
    spec["ipFamilyPolicy"] = policy
    families, addresses = [str(each) for each in _list(spec, "ipFamilies")], _list(spec, "clusterIPs")
    if policy == SINGLE and before and before != SINGLE:
        # Whoever says so lets the second ones go.
        families = families[:1] if families == _list(old, "ipFamilies") else families
        addresses = addresses[:1] if addresses == _list(old, "clusterIPs") else addresses
    errors = _validate_single(policy, families, addresses) + _infer(families, addresses, family)
    if errors:
        return errors
    families = families or [family]
    if is_nobodys:
        # Nobody makes its endpoints: it may have any families, configured or not.
        if len(families) == 1 and policy != SINGLE and families[0] in OTHER:
            families.append(OTHER[families[0]])
    else:
        if policy == REQUIRE:
            errors.append(invalid(POLICY, policy, "this cluster is not configured for dual-stack services"))
        errors += [
            invalid(index(FAMILIES, position), each, "not configured on this cluster")
            for position, each in enumerate(families)
            if each != family and each in OTHER
        ]
    spec["ipFamilies"] = list(families)
    if addresses:
        spec["clusterIPs"] = addresses
    return errors


def _validate_single(policy: str, families: list[str], addresses: list[object]) -> list[FieldError]:
    if policy != SINGLE:
        return []
    wanted = "must be 'RequireDualStack' or 'PreferDualStack' when multiple"
    counted = (("cluster IPs", len(addresses)), ("IP families", len(families)))
    return [invalid(POLICY, policy, f"{wanted} {what} are specified") for what, count in counted if count == PAIR]


def _infer(families: list[str], addresses: list[object], family: str) -> list[FieldError]:
    """Add the families of addresses that were chosen by hand."""
    errors = []
    for position, address in enumerate(addresses):
        if position < len(families) or not isinstance(address, str) or not is_ip(address):
            continue
        found = f"IPv{ipaddress.ip_address(address).version}"
        if found == family:
            families.append(found)
        else:
            place = index("spec.clusterIPs", position)
            errors.append(invalid(place, addresses, f"{found} is not configured on this cluster"))
    return errors


def _list(spec: Document, name: str) -> list[object]:
    found = find(spec, name)
    return found if isinstance(found, list) else []

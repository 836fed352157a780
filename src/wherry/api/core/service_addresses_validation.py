"""Which addresses and families a Service may have, and keep.

Source: kubernetes pkg/apis/core/validation, ValidateServiceClusterIPsRelatedFields.
"""

from __future__ import annotations

import ipaddress

from wherry.api.core.service_parts import HEADLESS, ServiceSpec, is_headless
from wherry.api.field_formats import special_ip
from wherry.api.ip_addresses import BAD_IP, is_ip, validate_one_per_family
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, duplicate, index, invalid, not_supported, required

FAMILIES = ("IPv4", "IPv6")
FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
FOR_LIFE = "may not change once set"
PLACE = "spec.clusterIPs"
ADDRESSES_MAX = 2


def validate_addresses(spec: ServiceSpec) -> list[FieldError]:
    """The service's own addresses and families, and those that come from elsewhere."""
    errors = [] if spec.type == "ExternalName" else _validate_own(spec)
    for position, address in enumerate(spec.external_ips):
        place = index("spec.externalIPs", position)
        if not is_ip(address):
            errors.append(invalid(place, address, BAD_IP))
        elif wrong := special_ip(address):
            errors.append(invalid(place, address, wrong))
    return errors


def validate_kept_addresses(spec: ServiceSpec, old: ServiceSpec) -> list[FieldError]:
    """The first address and the first family are for life, unless the service becomes or was a mere name."""
    if "ExternalName" in (spec.type, old.type):
        return []
    errors = []
    now, before = spec.cluster_ips, old.cluster_ips
    if before and not (is_headless(spec) and is_headless(old)):
        if not now:
            errors.append(invalid(index(PLACE, 0), list(now), "primary clusterIP can not be unset"))
        else:
            common = zip(now, before, strict=False)
            errors += [
                invalid(index(PLACE, at), list(now), FOR_LIFE) for at, (new, was) in enumerate(common) if new != was
            ]
            if len(now) < len(before) and spec.ip_family_policy != "SingleStack":
                detail = "must be set to 'SingleStack' when releasing the secondary clusterIP"
                errors.append(invalid("spec.ipFamilyPolicy", spec.ip_family_policy, detail))
    if is_headless(spec) and is_headless(old):
        return errors
    if old.ip_families and spec.ip_families and old.ip_families[0] != spec.ip_families[0]:
        errors.append(invalid("spec.ipFamilies[0]", list(spec.ip_families), FOR_LIFE))
    return errors


def _validate_own(spec: ServiceSpec) -> list[FieldError]:
    shown = list(spec.cluster_ips)
    errors = []
    if spec.cluster_ip and not spec.cluster_ips:
        errors.append(required(PLACE))
    elif spec.cluster_ip and spec.cluster_ips[0] != spec.cluster_ip:
        errors.append(invalid(PLACE, shown, "first value must match `clusterIP`"))
    elif spec.cluster_ips and not spec.cluster_ip:
        errors.append(invalid(PLACE, shown, "must be empty when `clusterIP` is not specified"))
    for position, family in enumerate(spec.ip_families):
        place = index("spec.ipFamilies", position)
        if family not in FAMILIES:
            errors.append(not_supported(place, family, FAMILIES))
        if family in spec.ip_families[:position]:
            errors.append(duplicate(place, family))
    errors += one_of("spec.ipFamilyPolicy", spec.ip_family_policy, FAMILY_POLICIES)
    wrong = _validate_written(spec)
    errors += wrong
    if len(spec.cluster_ips) > ADDRESSES_MAX:
        errors.append(invalid(PLACE, shown, f"may only hold up to {ADDRESSES_MAX} values"))
    if wrong:
        # What follows compares addresses.
        return errors
    if len(spec.cluster_ips) > 1:
        errors += validate_one_per_family(list(spec.cluster_ips), PLACE, shown)
    return errors + _validate_families(spec)


def _validate_written(spec: ServiceSpec) -> list[FieldError]:
    errors = []
    for position, address in enumerate(spec.cluster_ips):
        if position == 0 and address == HEADLESS:
            if len(spec.cluster_ips) > 1:
                errors.append(invalid(PLACE, list(spec.cluster_ips), "'None' must be the first and only value"))
        elif not is_ip(address):
            errors.append(invalid(index(PLACE, position), address, BAD_IP))
    return errors


def _validate_families(spec: ServiceSpec) -> list[FieldError]:
    if is_headless(spec):
        return []
    errors = []
    for position, (address, family) in enumerate(zip(spec.cluster_ips, spec.ip_families, strict=False)):
        if address != HEADLESS and f"IPv{ipaddress.ip_address(address).version}" != family and family in FAMILIES:
            detail = f"expected an {family} value as indicated by `ipFamilies[{position}]`"
            errors.append(invalid(index(PLACE, position), address, detail))
    return errors

"""What a writer of a Service should know: fields that are ignored or on their way out.

Source: kubernetes pkg/api/service, GetWarningsForService.
"""

from __future__ import annotations

from collections.abc import Mapping

from wherry.api.core.service_parts import ServiceSpec, is_headless
from wherry.api.core.service_validation import HINTS_ANNOTATION, MODE_ANNOTATION
from wherry.api.ip_warnings import warn_of_addresses, warn_of_ranges


def warnings_of_service(spec: ServiceSpec, annotations: Mapping[str, str]) -> list[str]:
    """The warnings for a valid service."""
    warnings = []
    if HINTS_ANNOTATION in annotations:
        warnings.append(f"annotation {HINTS_ANNOTATION} is deprecated, please use {MODE_ANNOTATION} instead")
    if is_headless(spec):
        warnings += _ignored_without_address(spec)
    else:
        warnings += warn_of_addresses("spec.clusterIPs", spec.cluster_ips)
    warnings += warn_of_addresses("spec.externalIPs", spec.external_ips)
    if spec.external_ips and not is_headless(spec) and spec.type != "ExternalName":
        warnings.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
    if spec.load_balancer_ip:
        found = warn_of_addresses("", [spec.load_balancer_ip])
        warnings += [warning.replace("[0]", "spec.loadBalancerIP", 1) for warning in found]
    warnings += warn_of_ranges("spec.loadBalancerSourceRanges", spec.load_balancer_source_ranges)
    if spec.type == "ExternalName" and spec.external_ips:
        warnings.append('spec.externalIPs is ignored when spec.type is "ExternalName"')
    if spec.type != "ExternalName" and spec.external_name:
        warnings.append('spec.externalName is ignored when spec.type is not "ExternalName"')
    if spec.traffic_distribution == "PreferClose":
        warnings.append('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
    return warnings


def _ignored_without_address(spec: ServiceSpec) -> list[str]:
    ignored = (
        ("loadBalancerIP", bool(spec.load_balancer_ip)),
        ("externalIPs", bool(spec.external_ips)),
        ("SessionAffinity", spec.session_affinity != "None"),
    )
    return [f"spec.{name} is ignored for headless services" for name, is_given in ignored if is_given]

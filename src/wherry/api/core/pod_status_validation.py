"""What a report about a pod may not say: an ended container does not come back, and an address is an address.

Source: kubernetes pkg/apis/core/validation, ValidatePodStatusUpdate.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from wherry.api.core.pod_spec import PodSpec
from wherry.api.core.pod_status import ContainerStatus, PodCondition, PodStatus
from wherry.api.ip_addresses import validate_ip, validate_one_per_family
from wherry.api.object_meta import IMMUTABLE
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid
from wherry.apimachinery.names import dns1123_subdomain, qualified_name

SYSTEM_CONDITIONS = ("PodScheduled", "Ready", "Initialized")
COMES_BACK = "may not be transitioned to non-terminated state"


def validate_pod_status(new: PodStatus, old: PodStatus, spec: PodSpec) -> list[FieldError]:
    """A changed status; `spec` is the pod's."""
    errors = _validate_conditions(new.conditions)
    node = new.nominated_node_name
    if node and node != old.nominated_node_name and (wrong := dns1123_subdomain(node)):
        errors.append(invalid("status.nominatedNodeName", node, wrong))
    if old.qos_class and new.qos_class != old.qos_class:
        errors.append(invalid("status.qosClass", new.qos_class, IMMUTABLE))
    sidecars = {container.name for container in spec.init_containers if container.restart_policy == "Always"}
    restartable = {container.name for container in spec.containers if container.restart_policy} | sidecars
    for name, now, before in (
        ("containerStatuses", new.container_statuses, old.container_statuses),
        ("initContainerStatuses", new.init_container_statuses, old.init_container_statuses),
    ):
        errors += _validate_transitions(now, before, f"status.{name}", spec.restart_policy, restartable)
    return errors + _validate_addresses(new)


def _validate_conditions(conditions: Iterable[PodCondition]) -> list[FieldError]:
    errors = []
    for position, condition in enumerate(conditions):
        if condition.type not in SYSTEM_CONDITIONS and (wrong := qualified_name(condition.type)):
            # Upstream tells it of the metadata, with a capital.
            place = child(index("metadata.conditions", position), "Type")
            errors.append(invalid(place, condition.type, wrong))
    return errors


def _validate_transitions(
    now: Iterable[ContainerStatus], before: Iterable[ContainerStatus], path: str, policy: str, restartable: set[str]
) -> list[FieldError]:
    if policy == "Always":
        return []
    states = {status.name: status.state for status in now}
    errors = []
    for position, status in enumerate(before):
        ended = status.state.terminated if status.state else None
        if ended is None or status.name in restartable or (ended.exit_code != 0 and policy == "OnFailure"):
            continue
        state = states.get(status.name)
        if status.name in states and (state is None or state.terminated is None):
            errors.append(forbidden(child(index(path, position), "state"), COMES_BACK))
    return errors


def _validate_addresses(status: PodStatus) -> list[FieldError]:
    errors = []
    if status.host_ips and status.host_ip != status.host_ips[0].ip:
        place = child(index("status.hostIPs", 0), "ip")
        errors.append(invalid(place, status.host_ips[0].ip, "must be equal to `hostIP`"))
    for path, listed in (("status.podIPs", status.pod_ips), ("status.hostIPs", status.host_ips)):
        addresses = [entry.ip for entry in listed]
        shown = msgspec.to_builtins(listed)
        for position, address in enumerate(addresses):
            errors += validate_ip(address, index(path, position))
            if address in addresses[:position]:
                errors.append(duplicate(index(path, position), {"ip": address}))
        errors += validate_one_per_family(addresses, path, shown)
    return errors

"""What controllers ask of pods: is it ready, since when, is it on its way out, which port is meant."""

from __future__ import annotations

import ipaddress

import msgspec

from wherry.api.core.affinity import Toleration
from wherry.api.core.node import Taint
from wherry.api.core.pod import PODS, Pod, PodCondition
from wherry.api.core.service import Service, ServicePort
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta, OwnerReference
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import format_time, parse_time
from wherry.reconcile.controller import View


def condition_of(pod: Pod, type: str) -> PodCondition | None:  # noqa: A002 - the field's own name
    """The pod's condition of this type, or None."""
    return next((condition for condition in pod.status.conditions if condition.type == type), None)


def is_ready(pod: Pod) -> bool:
    """Whether the pod says that it can take requests."""
    condition = condition_of(pod, "Ready")
    return condition is not None and condition.status == "True"


def is_terminal(pod: Pod) -> bool:
    """Whether the pod has ended, well or not."""
    return pod.status.phase in ("Succeeded", "Failed")


def is_active(pod: Pod) -> bool:
    """Whether the pod counts as one of those that are wanted: neither ended nor being deleted."""
    return not is_terminal(pod) and not pod.metadata.is_being_deleted


def seconds_until_available(pod: Pod, min_ready_s: int, now_s: float) -> float | None:
    """How long until the pod has been ready for `min_ready_s`: 0 means it is available, None that it is not ready."""
    ready = condition_of(pod, "Ready")
    if ready is None or ready.status != "True":
        return None
    if min_ready_s <= 0 or not ready.last_transition_time:
        return 0.0
    return max(0.0, parse_time(ready.last_transition_time) + min_ready_s - now_s)


def with_condition(conditions: tuple[PodCondition, ...], new: PodCondition, now_s: float) -> tuple[PodCondition, ...]:
    """The conditions with one set; its transition time moves only when its status does."""
    old = next((condition for condition in conditions if condition.type == new.type), None)
    changed_at = old.last_transition_time if old is not None and old.status == new.status else format_time(now_s)
    new = msgspec.structs.replace(new, last_transition_time=changed_at)
    if old is None:
        return (*conditions, new)
    return tuple(new if condition is old else condition for condition in conditions)


def addresses_of(pod: Pod, family: str) -> tuple[str, ...]:
    """The pod's address of a family (IPv4 or IPv6), if it has one."""
    version = 6 if family == "IPv6" else 4
    every = [each.ip for each in pod.status.pod_ips] or [pod.status.pod_ip]
    return tuple(ip for ip in every if ip and ipaddress.ip_address(ip).version == version)[:1]


def selected_pods(service: Service, view: View) -> list[Pod]:
    """The pods that the Service's selector chooses and that can be reached or soon will be, by name."""
    selector = service.spec.selector.items()
    chosen = [
        pod
        for pod in view.lister(PODS).list(service.metadata.namespace)
        if selector <= pod.metadata.labels.items() and pod.status.pod_ip and not is_terminal(pod)
    ]
    return sorted(chosen, key=lambda pod: pod.metadata.name)


def target_port(pod: Pod, port: ServicePort) -> int | None:
    """The number of the pod's port that a Service's port leads to; None when the pod has no port of that name."""
    wanted = port.target_port
    if not wanted:
        return port.port
    if isinstance(wanted, int):
        return wanted
    sidecars = [container for container in pod.spec.init_containers if container.restart_policy == "Always"]
    for container in (*pod.spec.containers, *sidecars):
        for offered in container.ports:
            if offered.name == wanted and (offered.protocol or "TCP") == (port.protocol or "TCP"):
                return offered.container_port
    return None


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Whether this toleration lets a pod live with this taint. An empty key or effect stands for any."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    return toleration.operator in ("", "Equal") and bool(toleration.key) and toleration.value == taint.value


def owner_reference(resource: AnyResourceType, meta: ObjectMeta) -> OwnerReference:
    """What makes an object the property of this one: it controls it, and goes after it."""
    return OwnerReference(
        api_version=resource.api_version,
        kind=resource.kind,
        name=meta.name,
        uid=meta.uid,
        controller=True,
        block_owner_deletion=True,
    )


def pod_from_template(template: Document, resource: AnyResourceType, owner: ObjectMeta, prefix: str) -> Document:
    """A new pod of a workload: its template whole, a generated name, and its owner.

    Fields that Wherry does not know stay as the user wrote them. `prefix` is what the name starts with.
    """
    given = template.get("metadata")
    metadata = given if isinstance(given, dict) else {}
    kept = {name: metadata[name] for name in ("labels", "annotations", "finalizers") if metadata.get(name)}
    reference = msgspec.to_builtins(owner_reference(resource, owner))
    return {
        "metadata": {"generateName": prefix, "namespace": owner.namespace, **kept, "ownerReferences": [reference]},
        "spec": template.get("spec", {}),
    }

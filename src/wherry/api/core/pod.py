"""The smallest thing that Kubernetes runs: one or more containers that share an address and volumes."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.label_keys import merge_label_keys
from wherry.api.core.pod_annotations import validate_profiles_agree
from wherry.api.core.pod_defaults import DEFAULT_GRACE_S, default_pod
from wherry.api.core.pod_parts import EPHEMERAL_CONTAINERS, SIZES
from wherry.api.core.pod_spec import (
    HostAlias,
    PodDNSConfig,
    PodDNSConfigOption,
    PodReadinessGate,
    PodSecurityContext,
    PodSpec,
    PodTemplate,
    Sysctl,
)
from wherry.api.core.pod_status import (
    ContainerState,
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStateWaiting,
    ContainerStatus,
    HostIP,
    PodCondition,
    PodIP,
    PodStatus,
)
from wherry.api.core.pod_status_validation import validate_pod_status
from wherry.api.core.pod_summary import summarize
from wherry.api.core.pod_update import validate_pod_update
from wherry.api.core.pod_validation import validate_new_pod, validate_pod
from wherry.api.core.pod_warnings import warn_pod
from wherry.api.core.qos import compute_qos_class
from wherry.api.documents import section
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import (
    AGE_COLUMN,
    NAME_COLUMN,
    PROXY_VERBS,
    STATUS,
    Column,
    Subresource,
    resource_type,
)
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

__all__ = [
    "PODS",
    "ContainerState",
    "ContainerStateRunning",
    "ContainerStateTerminated",
    "ContainerStateWaiting",
    "ContainerStatus",
    "HostAlias",
    "HostIP",
    "Pod",
    "PodCondition",
    "PodDNSConfig",
    "PodDNSConfigOption",
    "PodIP",
    "PodReadinessGate",
    "PodSecurityContext",
    "PodSpec",
    "PodStatus",
    "PodTemplate",
    "Sysctl",
]


class Pod(Struct):
    """The smallest thing that Kubernetes runs: one or more containers that share an address and volumes."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PodSpec = field(default_factory=PodSpec)
    status: PodStatus = field(default_factory=PodStatus)


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        merge_label_keys(new)
        new["status"] = {"phase": "Pending"}
    elif "ephemeralContainers" in section(old, "spec"):
        # They have a path of their own.
        section(new, "spec")["ephemeralContainers"] = section(old, "spec")["ephemeralContainers"]
    else:
        section(new, "spec").pop("ephemeralContainers", None)


def _settle(new: Document) -> None:
    # Only now are the requests and limits known: a namespace may have given its own.
    section(new, "status")["qosClass"] = compute_qos_class(PODS.from_document(new).spec)


def _validate(new: Pod, old: Pod | None) -> list[FieldError]:
    errors = validate_pod(new.metadata, new.spec)
    if old is not None:
        return errors + validate_pod_status(new.status, old.status, new.spec)
    return errors + validate_new_pod(new.spec) + validate_profiles_agree(new.metadata, new.spec)


def _validate_status(new: Pod, old: Pod) -> list[FieldError]:
    return validate_pod_status(new.status, old.status, new.spec)


def _grace_s(pod: Pod, requested_s: int | None) -> int:
    """How long a pod may take to stop; nothing is to be waited for where nothing runs."""
    if not pod.spec.node_name or pod.status.phase in ("Succeeded", "Failed"):
        return 0
    if requested_s is not None:
        return max(requested_s, 0)
    wanted_s = pod.spec.termination_grace_period_seconds
    return DEFAULT_GRACE_S if wanted_s is None else max(wanted_s, 0)


def _row(pod: Pod, now_s: float) -> tuple[object, ...]:
    summary = summarize(pod)
    restarts = str(summary.restarts)
    if summary.restarts and summary.last_restart:
        restarts += f" ({age_since(summary.last_restart, now_s)} ago)"
    passed = {condition.type for condition in pod.status.conditions if condition.status == "True"}
    gates = [gate.condition_type in passed for gate in pod.spec.readiness_gates]
    return (
        pod.metadata.name,
        f"{summary.ready}/{summary.total}",
        summary.status,
        restarts,
        age_since(pod.metadata.creation_timestamp, now_s),
        pod.status.pod_ip or "<none>",
        pod.spec.node_name or "<none>",
        pod.status.nominated_node_name or "<none>",
        f"{sum(gates)}/{len(gates)}" if gates else "<none>",
    )


POD_SUBRESOURCES = (
    STATUS,
    Subresource("binding", ("create",), kind="Binding"),
    Subresource("eviction", ("create",), kind="Eviction", group="policy", version="v1"),
    Subresource("ephemeralcontainers", ("get", "patch", "update"), part=EPHEMERAL_CONTAINERS),
    Subresource("resize", ("get", "patch", "update"), part=SIZES),
    Subresource("log", ("get",)),
    Subresource("exec", ("create", "get"), kind="PodExecOptions"),
    Subresource("attach", ("create", "get"), kind="PodAttachOptions"),
    Subresource("portforward", ("create", "get"), kind="PodPortForwardOptions"),
    Subresource("proxy", PROXY_VERBS, kind="PodProxyOptions"),
)

PODS = resource_type(
    Pod,
    kind="Pod",
    plural="pods",
    short_names=("po",),
    categories=("all",),
    subresources=POD_SUBRESOURCES,
    default=default_pod,
    prepare=_prepare,
    settle=_settle,
    validate=_validate,
    validate_status=_validate_status,
    validate_documents=validate_pod_update,
    warn=warn_pod,
    columns=(
        NAME_COLUMN,
        Column("Ready", description="How many containers are ready, of how many."),
        Column("Status", description="What the pod is doing, or what stops it."),
        Column("Restarts", description="How often its containers were started again, and when last."),
        AGE_COLUMN,
        Column("IP", priority=1),
        Column("Node", priority=1),
        Column("Nominated Node", priority=1),
        Column("Readiness Gates", priority=1),
    ),
    row=_row,
    selectable_fields={
        "spec.nodeName": lambda pod: pod.spec.node_name,
        "spec.restartPolicy": lambda pod: pod.spec.restart_policy,
        "spec.schedulerName": lambda pod: pod.spec.scheduler_name,
        "spec.serviceAccountName": lambda pod: pod.spec.service_account_name,
        "spec.hostNetwork": lambda pod: "true" if pod.spec.host_network else "false",
        "status.phase": lambda pod: pod.status.phase,
        "status.podIP": lambda pod: pod.status.pod_ip,
        "status.podIPs": lambda pod: pod.status.pod_ip,
        "status.nominatedNodeName": lambda pod: pod.status.nominated_node_name,
    },
    delete_returns_object=True,
    graceful_delete_s=_grace_s,
)

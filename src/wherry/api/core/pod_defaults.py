"""What Kubernetes fills in where a pod, or a pod template, says nothing."""

from __future__ import annotations

from fractions import Fraction

from wherry.api.documents import (
    canonical,
    find,
    find_section,
    put_absent,
    put_canonical_quantities,
    section,
    sections,
    text,
)
from wherry.apimachinery.document import Document
from wherry.apimachinery.quantity import QuantityError, format_quantity, parse_quantity

DEFAULT_GRACE_S = 30
FILE_MODE = 0o644
TOKEN_EXPIRATION_S = 3600

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
REMOTE_DEFAULTS: dict[str, Document] = {
    "hostPath": {"type": ""},
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "azureDisk": {"cachingMode": "ReadWrite", "kind": "Shared", "fsType": "ext4", "readOnly": False},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def default_pod(pod: Document) -> None:
    """Fill in a pod: what a template gets, and what only a pod gets."""
    spec = section(pod, "spec")
    default_pod_spec(spec)
    put_absent(spec, enableServiceLinks=True)
    for name in CONTAINER_LISTS:
        for container in sections(spec, name):
            _default_requests(container)
            for port in sections(container, "ports") if spec.get("hostNetwork") is True else ():
                if not port.get("hostPort"):
                    port["hostPort"] = port.get("containerPort")
    _default_pod_requests(spec)


def default_pod_template(template: Document) -> None:
    """Fill in a template of pods."""
    section(template, "metadata")
    default_pod_spec(section(template, "spec"))


def default_pod_spec(spec: Document) -> None:
    """Fill in everything below `spec`."""
    put_absent(
        spec,
        restartPolicy="Always",
        dnsPolicy="ClusterFirst",
        schedulerName="default-scheduler",
        terminationGracePeriodSeconds=DEFAULT_GRACE_S,
    )
    section(spec, "securityContext")
    account = text(spec, "serviceAccountName") or text(spec, "serviceAccount")
    if account:
        # The second is the field's older name, which every client still gets to see.
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for name in CONTAINER_LISTS:
        for container in sections(spec, name):
            _default_container(container)
    for volume in sections(spec, "volumes"):
        _default_volume(volume)
    for name in ("limits", "requests"):
        put_canonical_quantities(find(spec, "resources", name))
    put_canonical_quantities(spec.get("overhead"))


def pull_policy(image: str) -> str:
    """Always for a moving tag (latest, or none), else IfNotPresent."""
    if "@" in image:
        return "IfNotPresent"
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return "Always" if image and (not colon or tag == "latest") else "IfNotPresent"


def _default_container(container: Document) -> None:
    put_absent(
        container,
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        imagePullPolicy=pull_policy(text(container, "image")),
    )
    resources = section(container, "resources")
    for name in ("limits", "requests"):
        put_canonical_quantities(resources.get(name))
    for port in sections(container, "ports"):
        put_absent(port, protocol="TCP")
    for variable in sections(container, "env"):
        if "valueFrom" in variable:
            _default_reference(find_section(variable, "valueFrom"))
    for name in PROBES:
        _default_probe(find_section(container, name))
    lifecycle = find_section(container, "lifecycle") or {}
    for name in lifecycle:
        _default_http_get(find_section(lifecycle, name, "httpGet"))


def _default_reference(source: Document | None) -> None:
    if source is None:
        return
    file_ref = find_section(source, "fileKeyRef")
    if file_ref is not None:
        put_absent(file_ref, optional=False)
    field_ref = find_section(source, "fieldRef")
    if field_ref is not None:
        put_absent(field_ref, apiVersion="v1")
    resource_ref = find_section(source, "resourceFieldRef")
    if resource_ref is not None:
        put_absent(resource_ref, divisor="0")
        resource_ref["divisor"] = canonical(resource_ref["divisor"])


def _default_probe(probe: Document | None) -> None:
    if probe is None:
        return
    for name, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)):
        # Zero counts as absent: these fields are plain integers in Kubernetes' own types.
        probe[name] = probe.get(name) or value
    _default_http_get(find_section(probe, "httpGet"))
    grpc = find_section(probe, "grpc")
    if grpc is not None:
        grpc.setdefault("service", "")


def _default_http_get(action: Document | None) -> None:
    if action is not None:
        put_absent(action, path="/", scheme="HTTP")


def _default_requests(container: Document) -> None:
    limits = find_section(container, "resources", "limits")
    if limits:
        requests = section(container, "resources", "requests")
        for name, amount in limits.items():
            requests.setdefault(name, amount)


def _default_pod_requests(spec: Document) -> None:
    """A pod that is limited as a whole asks for what its containers ask for, or else for all that it may have."""
    limits = find_section(spec, "resources", "limits")
    if not limits:
        return
    requests = section(spec, "resources", "requests")
    totals: dict[str, Fraction] = {}
    for container in sections(spec, "containers"):
        for name, amount in (find_section(container, "resources", "requests") or {}).items():
            if isinstance(amount, str | int | float):
                try:
                    totals[name] = totals.get(name, Fraction(0)) + parse_quantity(amount)
                except QuantityError:
                    continue
    for name, total in totals.items():
        if name in ("cpu", "memory") and name in limits:
            requests.setdefault(name, format_quantity(total, "BinarySI" if name == "memory" else "DecimalSI"))
    for name, amount in limits.items():
        requests.setdefault(name, amount)


def _default_volume(volume: Document) -> None:
    if not any(name != "name" for name in volume):
        volume["emptyDir"] = {}
    empty_dir = find_section(volume, "emptyDir")
    if empty_dir is not None and "sizeLimit" in empty_dir:
        empty_dir["sizeLimit"] = canonical(empty_dir["sizeLimit"])
    for name in ("configMap", "secret", "downwardAPI", "projected"):
        source = find_section(volume, name)
        if source is not None:
            put_absent(source, defaultMode=FILE_MODE)
    default_remote_volume(volume)
    image = find_section(volume, "image")
    if image is not None:
        put_absent(image, pullPolicy=pull_policy(text(image, "reference")))
    for item in sections(volume, "downwardAPI", "items"):
        _default_reference(item)
    for source in sections(volume, "projected", "sources"):
        token = find_section(source, "serviceAccountToken")
        if token is not None:
            put_absent(token, expirationSeconds=TOKEN_EXPIRATION_S)
        for item in sections(source, "downwardAPI", "items"):
            _default_reference(item)
    claim_spec = find_section(volume, "ephemeral", "volumeClaimTemplate", "spec")
    if claim_spec is not None:
        put_absent(claim_spec, volumeMode="Filesystem")


def default_remote_volume(volume: Document) -> None:
    """Fill in a source that a pod's volume and a PersistentVolume name in the same words."""
    for name, values in REMOTE_DEFAULTS.items():
        source = find_section(volume, name)
        if source is not None:
            for field, value in values.items():
                source.setdefault(field, value)

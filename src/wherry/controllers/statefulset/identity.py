"""What makes a StatefulSet's pod that very pod: its number, its name, its claims."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from wherry.api.apps.statefulset import STATEFUL_SETS, StatefulSet
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS, PersistentVolumeClaim
from wherry.api.documents import find_section, section, sections, text
from wherry.apimachinery.document import Document
from wherry.controllers.pod_template import build_pod

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"
REVISION_LABEL = "controller-revision-hash"


def pod_name(stateful_set: StatefulSet, ordinal: int) -> str:
    """`web-0`."""
    return f"{stateful_set.metadata.name}-{ordinal}"


def ordinal_of(stateful_set: StatefulSet, name: str) -> int | None:
    """The number in a pod's name, or None where it is not a name of this StatefulSet's pods."""
    prefix, _, number = name.rpartition("-")
    is_number = number.isdigit() and (number == "0" or not number.startswith("0"))
    return int(number) if prefix == stateful_set.metadata.name and is_number else None


def ordinals(stateful_set: StatefulSet) -> range:
    """The numbers of the pods that shall exist."""
    start = stateful_set.spec.ordinals.start if stateful_set.spec.ordinals else None
    first = start or 0
    return range(first, first + (stateful_set.spec.replicas or 0))


def claim_names(stateful_set: StatefulSet, ordinal: int) -> dict[str, str]:
    """Template name -> claim name, such as `data` -> `data-web-0`."""
    name = pod_name(stateful_set, ordinal)
    return {one.metadata.name: f"{one.metadata.name}-{name}" for one in stateful_set.spec.volume_claim_templates}


def build_ordinal_pod(stateful_set: StatefulSet, template: Document, ordinal: int, revision: str) -> Document:
    """The pod with this number, after `template`, which belongs to `revision`."""
    name = pod_name(stateful_set, ordinal)
    pod = build_pod(template, STATEFUL_SETS, stateful_set.metadata, name=name)
    section(pod, "metadata", "labels").update(
        {POD_NAME_LABEL: name, POD_INDEX_LABEL: str(ordinal), REVISION_LABEL: revision}
    )
    spec = section(pod, "spec")
    spec["hostname"] = name
    if stateful_set.spec.service_name:
        spec["subdomain"] = stateful_set.spec.service_name
    claims = claim_names(stateful_set, ordinal)
    if claims:
        # A claim takes the place of a volume of its name.
        kept = [volume for volume in sections(spec, "volumes") if text(volume, "name") not in claims]
        claimed: list[Document] = [
            {"name": volume, "persistentVolumeClaim": {"claimName": claim}} for volume, claim in claims.items()
        ]
        spec["volumes"] = [*claimed, *kept]
    return pod


def build_claims(stateful_set: StatefulSet, ordinal: int) -> Iterable[Document]:
    """The claims of the pod with this number."""
    selector = stateful_set.spec.selector
    for template in stateful_set.spec.volume_claim_templates:
        claim: Document = msgspec.to_builtins(template)
        metadata = find_section(claim, "metadata") or {}
        labels = {**template.metadata.labels, **(selector.match_labels if selector else {})}
        owners: list[Document] = [set_reference(stateful_set)] if is_deleted_with_set(stateful_set) else []
        yield {
            "apiVersion": "v1",
            "kind": PERSISTENT_VOLUME_CLAIMS.kind,
            "metadata": {
                "name": claim_names(stateful_set, ordinal)[template.metadata.name],
                "namespace": stateful_set.metadata.namespace,
                "labels": labels,
                "annotations": metadata.get("annotations", {}),
                "ownerReferences": owners,
            },
            "spec": claim["spec"],
        }


def is_deleted_with_set(stateful_set: StatefulSet) -> bool:
    """Whether the claims go when the StatefulSet goes."""
    policy = stateful_set.spec.persistent_volume_claim_retention_policy
    return policy is not None and policy.when_deleted == "Delete"


def set_reference(stateful_set: StatefulSet) -> Document:
    """Makes a claim go with its StatefulSet, without being managed by it."""
    meta = stateful_set.metadata
    return {"apiVersion": STATEFUL_SETS.api_version, "kind": STATEFUL_SETS.kind, "name": meta.name, "uid": meta.uid}


def claim_ordinal(stateful_set: StatefulSet, claim: PersistentVolumeClaim) -> int | None:
    """Which pod's claim this is, or None where it is not one of this StatefulSet's."""
    for template in stateful_set.spec.volume_claim_templates:
        prefix = f"{template.metadata.name}-"
        if claim.metadata.name.startswith(prefix):
            ordinal = ordinal_of(stateful_set, claim.metadata.name.removeprefix(prefix))
            if ordinal is not None:
                return ordinal
    return None

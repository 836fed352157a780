"""The kinds that have pages of their own, and where in them the template of their pods is. Pure."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.api.core.secret import SECRETS
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.narrate.facts import PodFacts, Snapshot
from wherry.narrate.workloads import WORKLOAD_RESOURCES

# From the innermost: a CronJob's pods are two templates down.
TEMPLATE_PATHS = (("spec", "jobTemplate", "spec", "template", "spec"), ("spec", "template", "spec"), ("spec",))


def workload_kind(kind: str) -> AnyResourceType:
    """A kind that wants pods. Raises NotFound."""
    found = next((one for one in WORKLOAD_RESOURCES if one.kind == kind), None)
    if found is None:
        raise NotFound(f'there is no page for the kind "{kind}"')
    return found


def running_kind(kind: str) -> AnyResourceType:
    """A kind that wants pods, or the pod itself. Raises NotFound."""
    return PODS if kind == PODS.kind else workload_kind(kind)


def readable_kind(kind: str) -> AnyResourceType:
    """A kind whose YAML a page shows: all that live in a namespace, but for secrets. Raises NotFound."""
    for one in RESOURCE_TYPES:
        if one.kind == kind and one.namespaced and "patch" in one.verbs and one is not SECRETS:
            return one
    raise NotFound(f'the YAML of the kind "{kind}" is not shown here')


def pods_of(snapshot: Snapshot, kind: str, namespace: str, name: str) -> list[PodFacts]:
    """The pods of a workload, or the pod itself."""
    if kind == PODS.kind:
        return [pod for pod in snapshot.pods if (pod.namespace, pod.name) == (namespace, name)]
    owner = f"{kind}/{name}"
    return [pod for pod in snapshot.pods if pod.namespace == namespace and pod.owner == owner]


def pod_spec(document: Document) -> Document:
    """What a workload's pods are made after, or what a pod is."""
    for path in TEMPLATE_PATHS:
        found = section(document, *path)
        if "containers" in found:
            return found
    return {}


def section(document: Document, *path: str) -> Document:
    """A part of a document; empty where there is none."""
    value: object = document
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def entries(document: Document, key: str) -> list[Document]:
    """A list of mappings in a document; empty where there is none."""
    found = document.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

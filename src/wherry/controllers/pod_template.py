"""From a template to a pod: hashing a template, comparing two, and writing the pod's document."""

from __future__ import annotations

import copy
import hashlib

import msgspec
import orjson

from wherry.api.documents import find_section, section
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.kit.ids import safe_encode_hash
from wherry.reconcile.pods import owner_reference, pod_from_template

HASH_LABEL = "pod-template-hash"
HASH_BYTES = 4


def template_hash(template: Document, collision_count: int | None = None) -> str:
    """A short word that stands for a template; `collision_count` gives another word for the same template."""
    digest = hashlib.blake2s(orjson.dumps(without_hash(template), option=orjson.OPT_SORT_KEYS), digest_size=HASH_BYTES)
    if collision_count:
        digest.update(str(collision_count).encode())
    return safe_encode_hash(int.from_bytes(digest.digest(), "big"))


def is_same_template(one: Document, other: Document) -> bool:
    """Whether both make the same pods; the label that a Deployment adds does not count."""
    return without_hash(one) == without_hash(other)


def without_hash(template: Document) -> Document:
    """The template as the user wrote it; shares its parts with `template`."""
    metadata = find_section(template, "metadata") or {}
    labels = find_section(metadata, "labels") or {}
    kept = {name: value for name, value in labels.items() if name != HASH_LABEL}
    # An absent part and an empty one make the same pods.
    cleaned = {name: value for name, value in metadata.items() if name != "labels" and value}
    if kept:
        cleaned["labels"] = kept
    return {**template, "metadata": cleaned}


def with_labels(template: Document, labels: dict[str, str]) -> Document:
    """A copy of the template with more labels."""
    labelled = copy.deepcopy(template)
    section(labelled, "metadata", "labels").update(labels)
    return labelled


def build_pod(
    template: Document, owner: AnyResourceType, owner_meta: ObjectMeta, *, name: str = "", generate_name: str = ""
) -> Document:
    """A pod made after `template`, controlled by the object that `owner_meta` names. The caller may change it."""
    pod = copy.deepcopy(pod_from_template(template, owner, owner_meta, generate_name))
    if name:
        metadata = section(pod, "metadata")
        del metadata["generateName"]
        metadata["name"] = name
    return pod


def owner_document(owner: AnyResourceType, meta: ObjectMeta) -> Document:
    """Says that an object is managed by this one, and goes when it goes."""
    document: Document = msgspec.to_builtins(owner_reference(owner, meta))
    return document

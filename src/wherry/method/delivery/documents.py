"""Reading manifests that anybody may have written: what is not there, or not as it should be, is empty."""

from __future__ import annotations

from collections.abc import Iterator

from wherry.api.method.release import ObjectRef
from wherry.apimachinery.document import Document


def section(document: Document, key: str) -> Document:
    """A table of a document; not to be changed when it was missing."""
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def entries(document: Document, key: str) -> list[Document]:
    """The tables in a list of a document."""
    found = document.get(key)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def text(document: Document, key: str) -> str:
    """A text of a document."""
    found = document.get(key)
    return found if isinstance(found, str) else ""


def reference(document: Document) -> ObjectRef:
    """Which object a manifest is about."""
    name = text(section(document, "metadata"), "name")
    return ObjectRef(api_version=text(document, "apiVersion"), kind=text(document, "kind"), name=name)


def pod_template(document: Document) -> Document | None:
    """The template of the pods that an object makes (a Pod is its own), or None."""
    if (text(document, "apiVersion"), text(document, "kind")) == ("v1", "Pod"):
        return document
    spec = section(document, "spec")
    for owner in (spec, section(section(spec, "jobTemplate"), "spec")):
        template = section(owner, "template")
        if entries(section(template, "spec"), "containers"):
            return template
    return None


def containers(template: Document) -> Iterator[Document]:
    """All containers of a pod template, init containers first."""
    spec = section(template, "spec")
    yield from entries(spec, "initContainers")
    yield from entries(spec, "containers")


def is_secret(document: Document) -> bool:
    """Whether it is a Secret, whose content nobody else may see."""
    return (text(document, "apiVersion"), text(document, "kind")) == ("v1", "Secret")

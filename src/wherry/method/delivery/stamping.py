"""The marks of a release on its manifests: images by digest, the service's label, the release on its own pods."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wherry.api.method.release import PinnedImage
from wherry.apimachinery.document import Document
from wherry.method.delivery.documents import containers, entries, pod_template, section, text

SERVICE = "wherry.dev/service"
RELEASE = "wherry.dev/release"
ENVIRONMENT = "wherry.dev/environment"
REVISION = "wherry.dev/revision"

Pin = Callable[[str], PinnedImage | None]
"""What an image that a manifest names is, or None when nobody here knows it."""


def pin_images(documents: Iterable[Document], pin: Pin) -> tuple[list[Document], tuple[PinnedImage, ...]]:
    """The manifests with digests in place of names that may come to mean something else, and what was pinned."""
    pinned: dict[str, PinnedImage] = {}

    def with_digest(container: Document) -> Document:
        name = text(container, "image")
        found = pin(name)
        if found is None:
            return container
        pinned[name] = found
        return {**container, "image": found.image}

    made = [_change_containers(document, with_digest) for document in documents]
    return made, tuple(pinned[name] for name in sorted(pinned))


def unpinned_images(documents: Iterable[Document]) -> list[str]:
    """The images that pinned manifests still name without a digest, sorted: what they are may change."""
    templates = [template for document in documents if (template := pod_template(document)) is not None]
    names = {text(container, "image") for template in templates for container in containers(template)}
    return sorted(name for name in names if name and "@" not in name)


def runs_image(document: Document, image: str) -> bool:
    """Whether an object's pods run this very image."""
    template = pod_template(document)
    return template is not None and any(text(one, "image") == image for one in containers(template))


def stamp(document: Document, *, service: str, release: str, revision: str, image: str) -> Document:
    """One manifest with the release's marks.

    Only pods that run the service's own image carry the release: the database beside it would else be started
    anew with every change of a line.
    """
    stamped = _labelled(document, {SERVICE: service})
    template = pod_template(document)
    if template is None:
        return stamped
    marks = {SERVICE: service}
    if runs_image(document, image):
        marks[RELEASE] = release
    made = _labelled(template if template is not document else stamped, marks)
    if RELEASE in marks and revision:
        metadata = section(made, "metadata")
        made = {
            **made,
            "metadata": {**metadata, "annotations": {**section(metadata, "annotations"), REVISION: revision}},
        }
    return _with_template(stamped, made)


def _labelled(thing: Document, labels: dict[str, str]) -> Document:
    metadata = section(thing, "metadata")
    return {**thing, "metadata": {**metadata, "labels": {**section(metadata, "labels"), **labels}}}


def _change_containers(document: Document, change: Callable[[Document], Document]) -> Document:
    template = pod_template(document)
    if template is None:
        return document
    spec = dict(section(template, "spec"))
    for key in ("initContainers", "containers"):
        if key in spec:
            spec[key] = [change(container) for container in entries(spec, key)]
    return _with_template(document, {**template, "spec": spec})


def _with_template(document: Document, template: Document) -> Document:
    if pod_template(document) is document:
        return template
    spec = section(document, "spec")
    if "template" in spec:
        return {**document, "spec": {**spec, "template": template}}
    job = section(spec, "jobTemplate")
    inner = {**job, "spec": {**section(job, "spec"), "template": template}}
    return {**document, "spec": {**spec, "jobTemplate": inner}}

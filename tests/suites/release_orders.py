"""Orders for releases, and manifests to go with them."""

from __future__ import annotations

from wherry.api.method.release import PinnedImage
from wherry.apimachinery.document import Document
from wherry.method.delivery.composing import Content, Order, compose
from wherry.method.delivery.provenance import Provenance

DIGEST, OTHER_DIGEST = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def image(digest: str = DIGEST) -> PinnedImage:
    return PinnedImage(name="orders", image=f"orders@{digest}", digest=digest)


def order(digest: str = DIGEST, environment: str = "dev", **more: object) -> Order:
    origin = Provenance(revision="c" * 40, repository="https://example.com/orders.git")
    fields: dict[str, object] = {"namespace": f"orders-{environment}", "origin": origin, **more}
    return Order(service="orders", environment=environment, image=image(digest), **fields)  # type: ignore[arg-type]


def manifests(level: str = "info", password: str = "tea") -> list[Document]:
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "orders"}, "data": {"LEVEL": level}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "orders"}, "stringData": {"PASSWORD": password}},
        workload("orders"),
        workload("orders-db", kind="StatefulSet", image="orders-db:18"),
    ]


def workload(name: str, kind: str = "Deployment", image: str = "orders") -> Document:
    container: Document = {"name": name, "image": image, "env": [{"name": "PORT", "value": "8080"}]}
    template: Document = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    spec: Document = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def content(wanted: Order | None = None, documents: list[Document] | None = None) -> Content:
    wanted = wanted or order()
    known = {"orders": wanted.image}
    return compose(wanted, documents or manifests(), known.get)

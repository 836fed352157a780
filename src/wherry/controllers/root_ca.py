"""Puts the cluster's own certificate into every namespace, so that pods can trust the API server.

Source: kubernetes pkg/controller/certificates/rootcacertpublisher.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.configmap import CONFIG_MAPS, ConfigMap
from wherry.api.core.namespace import NAMESPACES
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Create, Patch
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, mapped

NAME = "kube-root-ca.crt"
FILE = "ca.crt"
DESCRIPTION = "kubernetes.io/description"
DESCRIBED = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


def root_ca_controller(ca_pem: str) -> Controller:
    """The controller that publishes `ca_pem`, one or more certificates as text."""

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        return plan_config_map(key, view, ca_pem)

    return Controller(
        name="root-ca-cert-publisher",
        primary=NAMESPACES,
        sources=(for_kind(NAMESPACES), mapped(CONFIG_MAPS, _namespace_of)),
        plan=plan,
    )


def plan_config_map(key: ObjectKey, view: View, ca_pem: str) -> Sequence[Action]:
    """Decide whether the namespace's ConfigMap is missing or says something else."""
    namespace = view.lister(NAMESPACES).get(*key)
    if namespace is None or namespace.metadata.is_being_deleted or namespace.status.phase == "Terminating":
        return []
    data = {FILE: ca_pem}
    metadata: Document = {"name": NAME, "namespace": key.name, "annotations": {DESCRIPTION: DESCRIBED}}
    current = view.lister(CONFIG_MAPS).get(key.name, NAME)
    if current is None:
        why = f"namespace {key.name} does not have the cluster's certificate yet"
        return [Create(CONFIG_MAPS, key.name, {"metadata": metadata, "data": data}, why, exists_ok=True)]
    if current.data == data:
        return []
    others = {name: None for name in current.data if name != FILE}
    return [Patch(CONFIG_MAPS, key.name, NAME, {"data": {**data, **others}}, why="it held another certificate")]


def _namespace_of(config_map: ConfigMap) -> list[ObjectKey]:
    return [ObjectKey("", config_map.metadata.namespace)] if config_map.metadata.name == NAME else []

"""What Kubernetes is giving up, in pods and volumes alike: labels of nodes, and systems that serve volumes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wherry.api.core.affinity import NodeSelectorTerm
from wherry.api.core.volume_sources import RemoteVolume
from wherry.apimachinery.field_errors import child, index

DEPRECATED_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}


def warn_of_node_labels(terms: Iterable[NodeSelectorTerm], path: str) -> Iterator[str]:
    """Old labels in a list of terms that choose nodes."""
    for position, term in enumerate(terms):
        yield from warn_of_node_label(term, index(path, position))


def warn_of_node_label(term: NodeSelectorTerm, path: str) -> Iterator[str]:
    """Old labels in one term."""
    for position, expression in enumerate(term.match_expressions):
        name = expression.key
        if name in DEPRECATED_LABELS:
            place = child(index(child(path, "matchExpressions"), position), "key")
            yield f"{place}: {name} is {DEPRECATED_LABELS[name]}"


def warn_of_sources(volume: RemoteVolume, path: str) -> Iterator[str]:
    """A system that Kubernetes no longer mounts, or will not for long."""
    for name, source, sentence in (
        ("photonPersistentDisk", volume.photon_persistent_disk, "deprecated in v1.11, non-functional in v1.16+"),
        ("scaleIO", volume.scale_io, "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", volume.flocker, "deprecated in v1.22, non-functional in v1.25+"),
        ("storageOS", volume.storageos, "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", volume.quobyte, "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", volume.glusterfs, "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", volume.cephfs, "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", volume.rbd, "deprecated in v1.28, non-functional in v1.31+"),
    ):
        if source is not None:
            yield f"{child(path, name)}: {sentence}"

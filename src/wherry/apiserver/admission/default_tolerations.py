"""Gives pods five minutes on a node that stops answering before they are evicted."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import list_in, mapping_in, text_in

TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
TOLERATION_S = 300


class DefaultTolerationSeconds:
    """Adds the two tolerations that every pod has."""

    name = "DefaultTolerationSeconds"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "pods")})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Needs nothing from its environment."""
        self._toleration_s = TOLERATION_S

    async def admit(self, attributes: Attributes) -> None:
        """Add what is missing."""
        spec = mapping_in(attributes.object, "spec")
        tolerations = [item for item in list_in(spec, "tolerations") if isinstance(item, dict)]
        for taint in TAINTS:
            if not any(_tolerates(toleration, taint) for toleration in tolerations):
                tolerations.append(
                    {
                        "key": taint,
                        "operator": "Exists",
                        "effect": "NoExecute",
                        "tolerationSeconds": self._toleration_s,
                    }
                )
        spec["tolerations"] = tolerations


def _tolerates(toleration: Document, taint: str) -> bool:
    key, effect = text_in(toleration, "key"), text_in(toleration, "effect")
    return (key == taint or not key) and effect in ("NoExecute", "")

"""Gives a pod what its runtime class says: what it costs besides its containers, and which nodes can run it.

Source: kubernetes plugin/pkg/admission/runtimeclass.
"""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError, forbidden
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import mapping_in, text_in

PREFIX = "/node.k8s.io/runtimeclasses/"


class RuntimeClassPlugin:
    """Fills in spec.overhead, spec.nodeSelector and spec.tolerations."""

    name = "RuntimeClass"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "pods")})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks runtime classes up in the store."""
        self._store = environment.store

    async def admit(self, attributes: Attributes) -> None:
        """Raise Forbidden for an unknown class, or a pod that contradicts its class."""
        spec = mapping_in(attributes.object, "spec")
        class_name = text_in(spec, "runtimeClassName")
        if not class_name:
            return
        found = await self._store.get(PREFIX + class_name)
        if found is None:
            raise _rejected(attributes, f'pod rejected: RuntimeClass "{class_name}" not found')
        runtime_class: Document = orjson.loads(found.value)
        overhead = mapping_in(mapping_in(runtime_class, "overhead"), "podFixed")
        if spec.get("overhead") and overhead and spec["overhead"] != overhead:
            raise _rejected(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
        if overhead:
            spec["overhead"] = overhead
        _choose_nodes(spec, mapping_in(runtime_class, "scheduling"), attributes)

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden for an overhead that no class has asked for."""
        spec = mapping_in(attributes.object, "spec")
        if not spec.get("overhead"):
            return
        class_name = text_in(spec, "runtimeClassName")
        found = await self._store.get(PREFIX + class_name) if class_name else None
        runtime_class: Document = orjson.loads(found.value) if found is not None else {}
        overhead = mapping_in(mapping_in(runtime_class, "overhead"), "podFixed")
        if not overhead:
            detail = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
            raise _rejected(attributes, detail)
        if overhead != spec["overhead"]:
            raise _rejected(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")


def _choose_nodes(spec: Document, scheduling: Document, attributes: Attributes) -> None:
    """Both the pod's and the class's wishes must be met; either's tolerations do."""
    wanted = mapping_in(scheduling, "nodeSelector")
    if wanted:
        given = mapping_in(spec, "nodeSelector")
        for label, value in wanted.items():
            if given.get(label, value) != value:
                detail = (
                    f"conflict: runtimeClass.scheduling.nodeSelector[{label}] = {value}; "
                    f"pod.spec.nodeSelector[{label}] = {given[label]}"
                )
                raise _rejected(attributes, detail)
        spec["nodeSelector"] = {**given, **wanted}
    if tolerations := scheduling.get("tolerations"):
        spec["tolerations"] = _merged(_documents(spec.get("tolerations")) + _documents(tolerations))


def _merged(tolerations: list[Document]) -> list[Document]:
    """All of them, without those that another one covers; of two equal ones the first."""
    kept = []
    for position, toleration in enumerate(tolerations):
        others = enumerate(tolerations)
        if not any(
            _covers(other, toleration) and (at < position or not _covers(toleration, other))
            for at, other in others
            if at != position
        ):
            kept.append(toleration)
    return kept


def _covers(wide: Document, narrow: Document) -> bool:
    """Whether `wide` tolerates every taint that `narrow` does, for at least as long."""
    if wide == narrow:
        return True
    if wide.get("effect") and wide.get("effect") != narrow.get("effect"):
        return False
    if wide.get("effect") == "NoExecute" and (kept_s := wide.get("tolerationSeconds")) is not None:
        other_s = narrow.get("tolerationSeconds")
        if not isinstance(kept_s, int) or not isinstance(other_s, int) or kept_s < other_s:
            return False
    if wide.get("operator") == "Exists":
        return not wide.get("key") or wide.get("key") == narrow.get("key")
    same = ("key", "value")
    return narrow.get("operator") != "Exists" and all(wide.get(name) == narrow.get(name) for name in same)


def _documents(value: object) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _rejected(attributes: Attributes, detail: str) -> StatusError:
    return forbidden("pods", "", attributes.name, detail)

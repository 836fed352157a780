"""A pod that names a runtime class gets what the class says: what it costs by itself, and where it may run.

Source: kubernetes plugin/pkg/admission/runtimeclass.
"""

from __future__ import annotations

import orjson

from wherry.api.documents import find_section, section, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, forbidden
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import list_in, mapping_in

PREFIX = "/node.k8s.io/runtimeclasses/"
WITHOUT_CLASS = "Pod Overhead set without corresponding RuntimeClass defined Overhead"
OTHER_OVERHEAD = "Pod's Overhead doesn't match RuntimeClass's defined Overhead"


class RuntimeClassPlugin:
    """Fills in overhead, node selector and tolerations."""

    name = "RuntimeClass"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "pods")})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks runtime classes up in the store."""
        self._store = environment.store

    async def admit(self, attributes: Attributes) -> None:
        """Raise Forbidden for an unknown class, or for what contradicts it."""
        spec = mapping_in(attributes.object, "spec")
        name = text(spec, "runtimeClassName")
        if not name:
            if spec.get("overhead"):
                raise _rejected(attributes, WITHOUT_CLASS)
            return
        found = await self._store.get(PREFIX + name)
        if found is None:
            raise _rejected(attributes, f'RuntimeClass "{name}" not found')
        runtime_class: Document = orjson.loads(found.value)
        self._set_overhead(attributes, spec, runtime_class)
        self._set_place(attributes, spec, runtime_class)

    def _set_overhead(self, attributes: Attributes, spec: Document, runtime_class: Document) -> None:
        fixed = find_section(runtime_class, "overhead", "podFixed")
        given = spec.get("overhead")
        if not fixed:
            if given:
                raise _rejected(attributes, WITHOUT_CLASS)
            return
        if given and given != fixed:
            raise _rejected(attributes, OTHER_OVERHEAD)
        spec["overhead"] = fixed

    def _set_place(self, attributes: Attributes, spec: Document, runtime_class: Document) -> None:
        place = find_section(runtime_class, "scheduling") or {}
        wanted = mapping_in(place, "nodeSelector")
        for label in sorted(wanted):
            own = mapping_in(spec, "nodeSelector").get(label, wanted[label])
            if own != wanted[label]:
                raise _rejected(
                    attributes,
                    f"conflict: runtimeClass.scheduling.nodeSelector[{label}] = {wanted[label]}; "
                    f"pod.spec.nodeSelector[{label}] = {own}",
                )
        if wanted:
            section(spec, "nodeSelector").update(wanted)
        own_tolerations = list_in(spec, "tolerations")
        more = [each for each in list_in(place, "tolerations") if each not in own_tolerations]
        if more:
            spec["tolerations"] = [*own_tolerations, *more]


def _rejected(attributes: Attributes, detail: str) -> Forbidden:
    return forbidden("pods", "", attributes.name, f"pod rejected: {detail}")

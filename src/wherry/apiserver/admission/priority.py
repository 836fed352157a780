"""Turns a pod's priority class into the number that the scheduler compares."""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import forbidden
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import mapping_in, text_in

PREFIX = "/scheduling.k8s.io/priorityclasses/"
# Another server on the same store may have changed the classes; its writes are not counted here.
REMEMBER_S = 1.0


class Priority:
    """Fills in spec.priority and spec.preemptionPolicy."""

    name = "Priority"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "pods")})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks priority classes up in the store."""
        self._store = environment.store
        self._clock = environment.clock
        self._writes = environment.writes
        self._default: tuple[int, float, Document | None] = (-1, 0.0, None)

    async def admit(self, attributes: Attributes) -> None:
        """Raise Forbidden for an unknown class or a priority that contradicts the class."""
        spec = mapping_in(attributes.object, "spec")
        class_name = text_in(spec, "priorityClassName")
        priority_class = await self._named(class_name, attributes) if class_name else await self._default_class()
        value = priority_class.get("value", 0) if priority_class else 0
        policy = text_in(priority_class, "preemptionPolicy") if priority_class else ""
        policy = policy or "PreemptLowerPriority"
        given = spec.get("priority")
        if given is not None and given != value:
            raise forbidden(
                "pods",
                "",
                attributes.name,
                f"the integer value of priority ({given}) must not be provided in pod spec; "
                f"priority admission controller computed {value} from the given PriorityClass name",
            )
        if priority_class and not class_name:
            spec["priorityClassName"] = text_in(mapping_in(priority_class, "metadata"), "name")
        spec["priority"] = value
        spec.setdefault("preemptionPolicy", policy)

    async def _named(self, name: str, attributes: Attributes) -> Document:
        found = await self._store.get(PREFIX + name)
        if found is None:
            raise forbidden("pods", "", attributes.name, f"no PriorityClass with name {name} was found")
        document: Document = orjson.loads(found.value)
        return document

    async def _default_class(self) -> Document | None:
        writes, now_s = self._writes["scheduling.k8s.io", "priorityclasses"], self._clock.monotonic_s()
        if self._default[0] != writes or now_s >= self._default[1]:
            page = await self._store.list(PREFIX)
            classes: list[Document] = [orjson.loads(item.value) for item in page.items]
            chosen = [document for document in classes if document.get("globalDefault")]
            self._default = (writes, now_s + REMEMBER_S, min(chosen, key=_value, default=None))
        return self._default[2]


def _value(document: Document) -> int:
    value = document.get("value", 0)
    return value if isinstance(value, int) else 0

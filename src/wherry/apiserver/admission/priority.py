"""Turns a pod's priority class into the number that the scheduler compares; one class only is the default."""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import forbidden
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import mapping_in, text_in

GROUP = "scheduling.k8s.io"
PREFIX = "/scheduling.k8s.io/priorityclasses/"
# Another server on the same store may have changed the classes; its writes are not counted here.
REMEMBER_S = 1.0


class Priority:
    """Fills in spec.priority and spec.preemptionPolicy."""

    name = "Priority"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "pods"), (GROUP, "priorityclasses")})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks priority classes up in the store."""
        self._store = environment.store
        self._clock = environment.clock
        self._writes = environment.writes
        self._default: tuple[int, float, Document | None] = (-1, 0.0, None)

    async def admit(self, attributes: Attributes) -> None:
        """Raise Forbidden for an unknown class, or a priority or policy that contradicts the class."""
        if attributes.resource.group == GROUP:
            return
        spec = mapping_in(attributes.object, "spec")
        if attributes.old is not None:
            _keep(spec, mapping_in(attributes.old, "spec"))
            return
        class_name = text_in(spec, "priorityClassName")
        priority_class = await self._named(class_name, attributes) if class_name else await self._default_class()
        value = priority_class.get("value", 0) if priority_class else 0
        policy = text_in(priority_class, "preemptionPolicy") if priority_class else ""
        policy = policy or "PreemptLowerPriority"
        for called, given, computed in (
            ("integer value of priority", spec.get("priority"), value),
            ("string value of PreemptionPolicy", spec.get("preemptionPolicy"), policy),
        ):
            if given is not None and given != computed:
                detail = (
                    f"the {called} ({given}) must not be provided in pod spec; "
                    f"priority admission controller computed {computed} from the given PriorityClass name"
                )
                raise forbidden("pods", "", attributes.name, detail)
        if priority_class and not class_name:
            spec["priorityClassName"] = text_in(mapping_in(priority_class, "metadata"), "name")
        spec["priority"] = value
        spec["preemptionPolicy"] = policy

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden if a second class shall be the default."""
        if attributes.resource.group != GROUP or not attributes.object.get("globalDefault"):
            return
        current = await self._default_class()
        name = text_in(mapping_in(current, "metadata"), "name") if current else ""
        if name and (attributes.operation == "CREATE" or name != attributes.name):
            detail = f"PriorityClass {name} is already marked as default. Only one default can exist"
            raise forbidden("priorityclasses", GROUP, attributes.name, detail)

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


def _keep(spec: Document, old: Document) -> None:
    """What was computed at the creation stays, also when an update leaves it out."""
    for name in ("priority", "preemptionPolicy"):
        if spec.get(name) is None and name in old:
            spec[name] = old[name]


def _value(document: Document) -> int:
    value = document.get("value", 0)
    return value if isinstance(value, int) else 0

"""Documents of every kind drawn from its schema: right in their types, arbitrary in all else.

Unlike damaged samples these get past the decoder, so they reach defaulting, admission and validation.
"""

from __future__ import annotations

import random

from wherry.apimachinery.definitions import REF_PREFIX, definition_name, definitions
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

TEXTS = (
    "", "a", "web", "default", "Always", "Never", "TCP", "http", "cpu", "memory", "10.0.0.1", "fd00::1", "10.96.0.7",
    "example.com/x", "a/b/c", "..", "/", "/data", "-", "A_b", "x" * 300, "é", "\u2028", "$(X)", "app=web", "*", "*.a.b",
    "2027-01-15T08:00:00Z", "v1", "Pod", "apps/v1", "Exists", "In", "NoSchedule", "RollingUpdate", "0 0 * * *", "5%",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 80, 8080, 65535, 65536, 2**31 - 1, -(2**31), 420)
QUANTITIES = ("0", "1", "100m", "1Gi", "-1", "1e3", "0.0001", "9999Ei", "1u")
TIMES = ("2027-01-15T08:00:00Z", "1970-01-01T00:00:00Z", "2026-02-29T23:59:60Z".replace(":60Z", ":59Z"))
KEYS = ("a", "app", "example.com/x", "", "kubernetes.io/metadata.name", "x" * 70)
DEPTH_MAX = 9


def random_document(resource: AnyResourceType, chance: random.Random, *, density: float = 0.35) -> Document:
    """An object of the kind; each optional field is there with the probability `density`."""
    drawn = Draw(chance, density)
    document = drawn.struct(definition_name(resource.group, resource.version, resource.kind), 0)
    document.pop("apiVersion", None)
    document.pop("kind", None)
    metadata: Document = {"name": f"n{chance.randrange(10**9)}"}
    if chance.random() < 0.3:
        metadata["labels"] = {"app": "web"}
    if chance.random() < 0.1:
        metadata["finalizers"] = [drawn.text()]
    return {**document, "metadata": metadata}


class Draw:
    """Draws values."""

    def __init__(self, chance: random.Random, density: float) -> None:
        self._chance = chance
        self._density = density

    def text(self) -> str:
        return self._chance.choice(TEXTS)

    def struct(self, name: str, depth: int) -> Document:
        schema = definitions().get(name)
        if not isinstance(schema, dict):
            return {}
        required = schema.get("required")
        needed = set(required) if isinstance(required, list) else set()
        properties = schema.get("properties")
        assert isinstance(properties, dict)
        density = self._density * (1.6 if depth < 2 else 1.0) / (1 + depth / 6)
        return {
            key: self.value(described, depth + 1)
            for key, described in properties.items()
            if key in needed or self._chance.random() < density
        }

    def value(self, schema: Document, depth: int) -> object:
        chance = self._chance
        target = str(schema.get("$ref", "")).removeprefix(REF_PREFIX)
        if target:
            return self._referred(target, depth)
        kinds = schema.get("type")
        kind = next((each for each in kinds if each != "null"), "") if isinstance(kinds, list) else str(kinds)
        allowed = schema.get("enum")
        if isinstance(allowed, list) and chance.random() < 0.8:
            return chance.choice(allowed)
        match kind:
            case "string":
                return self._string(str(schema.get("format")))
            case "integer":
                return chance.choice(NUMBERS)
            case "number":
                return chance.choice((0.0, 1.5, -2.0))
            case "boolean":
                return chance.random() < 0.5
            case "array" if isinstance(items := schema.get("items"), dict):
                return [self.value(items, depth + 1) for _ in range(self._size(depth))]
            case "object" if isinstance(values := schema.get("additionalProperties"), dict):
                return {chance.choice(KEYS): self.value(values, depth + 1) for _ in range(self._size(depth))}
            case _:
                return chance.choice(({}, {"a": 1}, {"x": {"y": [1, None]}}))

    def _size(self, depth: int) -> int:
        return 0 if depth > DEPTH_MAX else self._chance.choice((0, 1, 1, 1, 2, 3))

    def _string(self, form: str) -> object:
        if form == "byte":
            return self._chance.choice(("", "aGVsbG8=", "LS0tLS1CRUdJTg=="))
        return self._chance.choice(TIMES) if form == "date-time" else self.text()

    def _referred(self, target: str, depth: int) -> object:
        match target.rsplit(".", 1)[-1]:
            case "Quantity":
                return self._chance.choice(QUANTITIES)
            case "IntOrString":
                return self._chance.choice((*NUMBERS, "50%", "http", "x", "101%"))
            case "Time":
                return self._chance.choice(TIMES)
            case "MicroTime":
                return "2027-01-15T08:00:00.000001Z"
        if depth > DEPTH_MAX:
            return {}
        schema = definitions()[target]
        if "properties" in schema:
            return self.struct(target, depth)
        return self._chance.choice(({}, {"a": 1}))

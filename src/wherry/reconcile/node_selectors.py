"""Which nodes a required affinity chooses: asked by the scheduler, and by whoever runs a pod on every such node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wherry.api.core.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from wherry.api.core.node import Node


def selects(selector: NodeSelector, node: Node) -> bool:
    """Whether any term of `selector` fits `node`."""
    return any(matches_term(term, node) for term in selector.node_selector_terms)


def matches_term(term: NodeSelectorTerm, node: Node) -> bool:
    """Whether all requirements of `term` are met. A term without any matches nothing."""
    if not term.match_expressions and not term.match_fields:
        return False
    fields = {"metadata.name": node.metadata.name}
    return all(matches(requirement, node.metadata.labels) for requirement in term.match_expressions) and all(
        matches(requirement, fields) for requirement in term.match_fields
    )


def matches(requirement: NodeSelectorRequirement, labels: Mapping[str, str]) -> bool:
    """Whether `labels` meet one requirement."""
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator:
            return _compare(operator, value, requirement.values)
    return False


def _compare(operator: str, value: str | None, bounds: Sequence[str]) -> bool:
    try:
        number, bound = int(value or ""), int(bounds[0])
    except (ValueError, IndexError):
        return False
    return number > bound if operator == "Gt" else number < bound

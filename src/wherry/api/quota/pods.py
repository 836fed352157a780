"""Counts pods: how many there are, and what they ask for together.

A pod that has ended, or that should be gone by now, costs nothing but its place in `count/pods`.

Source: kubernetes pkg/quota/v1/evaluator/core/pods.go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import msgspec

from wherry.api.core.affinity import Affinity, PodAffinityTerm
from wherry.api.core.container import Container, ResourceRequirements
from wherry.api.core.pod import Pod
from wherry.api.core.pod_spec import PodSpec
from wherry.api.core.qos import compute_qos_class
from wherry.api.core.resource_names import COMPUTE, REQUESTS_PREFIX, is_extended, is_huge_pages, is_native
from wherry.api.core.resourcequota import ScopedResourceSelectorRequirement
from wherry.api.quota.counts import count_name
from wherry.api.quota.interface import Evaluator, matches_names
from wherry.apimachinery.amounts import ONE, Amount, Amounts, add, amounts_from, largest, total
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.timestamps import parse_time

LIMITS_PREFIX = "limits."
COUNT = count_name("", "pods")
ENDED = ("Succeeded", "Failed")
KNOWN = frozenset((COUNT, "pods", *COMPUTE)).union(
    f"{prefix}{name}" for prefix in (REQUESTS_PREFIX, LIMITS_PREFIX) for name in COMPUTE
)
# Whoever limits one of these makes every container say how much of it it wants.
MUST_BE_STATED = frozenset(
    ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"),
)


def pod_requests(spec: PodSpec) -> Amounts:
    """What must be free for the pod's whole life, with what the pod costs besides its containers."""
    requests = _pod_amounts(spec, lambda resources: resources.requests)
    return add(requests, amounts_from(spec.overhead)) if spec.overhead else requests


def pod_limits(spec: PodSpec) -> Amounts:
    """What the pod may use at most at any time of its life: what is not limited, no overhead limits either."""
    limits = _pod_amounts(spec, lambda resources: resources.limits)
    overhead = amounts_from({name: amount for name, amount in spec.overhead.items() if name in limits})
    return add(limits, overhead) if overhead else limits


def _pod_amounts(spec: PodSpec, part: Callable[[ResourceRequirements], Mapping[str, QuantityText]]) -> Amounts:
    """Containers and sidecars together; or, if that is more, the greediest init container with the sidecars before it.

    Source: kubernetes component-helpers, PodRequests.
    """
    sidecars: Amounts = {}
    starting: Amounts = {}
    for container in spec.init_containers:
        own = _amounts_of(container, part)
        if container.restart_policy == "Always":
            sidecars = add(sidecars, own)
            starting = largest(starting, sidecars)
        else:
            starting = largest(starting, add(sidecars, own))
    running = add(total(_amounts_of(container, part) for container in spec.containers), sidecars)
    return largest(running, starting)


def _amounts_of(
    container: Container, part: Callable[[ResourceRequirements], Mapping[str, QuantityText]]
) -> dict[str, Amount]:
    return amounts_from(part(container.resources)) if container.resources else {}


def _costs(requests: Amounts, limits: Amounts) -> dict[str, Amount]:
    """Requests and limits under the names that quotas have for them."""
    costs = {"pods": ONE}
    for name in COMPUTE:
        if name in requests:
            costs[name] = costs[REQUESTS_PREFIX + name] = requests[name]
        if name in limits:
            costs[LIMITS_PREFIX + name] = limits[name]
    for name, amount in requests.items():
        if is_huge_pages(name):
            costs[name] = amount
        if is_huge_pages(name) or is_extended(name):
            costs[REQUESTS_PREFIX + name] = amount
    return costs


def _usage(thing: msgspec.Struct, now_s: float) -> Amounts:
    assert isinstance(thing, Pod)
    if not _is_alive(thing, now_s):
        return {COUNT: ONE}
    return {COUNT: ONE, **_costs(pod_requests(thing.spec), pod_limits(thing.spec))}


def _is_alive(pod: Pod, now_s: float) -> bool:
    if pod.status.phase in ENDED:
        return False
    meta = pod.metadata
    if not meta.is_being_deleted or meta.deletion_grace_period_seconds is None:
        return True
    # A pod on a node that is lost may never be seen to end.
    return now_s <= parse_time(meta.deletion_timestamp) + meta.deletion_grace_period_seconds


def _covers(name: str) -> bool:
    if name in KNOWN or is_huge_pages(name.removeprefix(REQUESTS_PREFIX)):
        return True
    return not is_native(name) and name.startswith(REQUESTS_PREFIX)


def _is_in_scope(thing: msgspec.Struct, requirement: ScopedResourceSelectorRequirement) -> bool:
    assert isinstance(thing, Pod)
    spec = thing.spec
    match requirement.scope_name:
        case "BestEffort":
            return compute_qos_class(spec) == "BestEffort"
        case "NotBestEffort":
            return compute_qos_class(spec) != "BestEffort"
        case "Terminating":
            return spec.active_deadline_seconds is not None
        case "NotTerminating":
            return spec.active_deadline_seconds is None
        case "PriorityClass":
            return matches_names(requirement, (spec.priority_class_name,) if spec.priority_class_name else ())
        case "CrossNamespacePodAffinity":
            return any(term.namespaces or term.namespace_selector is not None for term in _affinity_terms(spec))
        case _:
            return False


def _affinity_terms(spec: PodSpec) -> list[PodAffinityTerm]:
    affinity = spec.affinity or Affinity()
    return [
        term
        for kind in (affinity.pod_affinity, affinity.pod_anti_affinity)
        if kind is not None
        for term in (
            *kind.required_during_scheduling_ignored_during_execution,
            *(each.pod_affinity_term for each in kind.preferred_during_scheduling_ignored_during_execution),
        )
    ]


def _constraint(thing: msgspec.Struct, names: Collection[str]) -> str:
    assert isinstance(thing, Pod)
    missing: dict[str, set[str]] = {}
    for container in (*thing.spec.containers, *thing.spec.init_containers):
        stated = _costs(
            _amounts_of(container, lambda resources: resources.requests),
            _amounts_of(container, lambda resources: resources.limits),
        )
        for name in MUST_BE_STATED.intersection(names).difference(stated):
            missing.setdefault(name, set()).add(container.name)
    told = [f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing)]
    return f"must specify {'; '.join(told)}" if told else ""


def _cost_changed(old: msgspec.Struct, new: msgspec.Struct) -> bool:
    assert isinstance(old, Pod)
    assert isinstance(new, Pod)
    if (old.status.phase in ENDED) != (new.status.phase in ENDED):
        return True
    if old.metadata.is_being_deleted != new.metadata.is_being_deleted:
        return True
    return old.spec.containers != new.spec.containers


PODS_QUOTA = Evaluator(
    usage=_usage,
    covers=_covers,
    is_in_scope=_is_in_scope,
    constraint=_constraint,
    charged_updates=frozenset({"resize"}),
    cost_changed=_cost_changed,
)

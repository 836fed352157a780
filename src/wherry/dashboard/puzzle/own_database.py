"""Does anybody but the service itself connect to its database? From what the kernel of a machine has seen. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from wherry.api.core.pod import Pod
from wherry.api.core.pod_addresses import pods_by_address
from wherry.api.networking.networkpolicy import NetworkPolicy
from wherry.apimachinery.labels import selector_from
from wherry.method.contracts.unspoken import read_connections, service_of
from wherry.method.facts.database_kinds import is_database

Answer = Literal["kept", "broken", "unseen", "none"]


@dataclass(frozen=True, slots=True)
class OwnDatabase:
    """The answer, in a word and in sentences, and the pods that are the service's database."""

    answer: Answer
    says: str
    databases: tuple[Pod, ...] = ()
    guard: str = ""
    step: str = ""


def databases_of(pods: Iterable[Pod], namespace: str, service: str) -> list[Pod]:
    """The pods of a service that are databases, by their images and the names of their containers."""
    mine = (service, f"{service}-db", f"{service}-database")
    return [
        pod
        for pod in pods
        if pod.metadata.namespace == namespace
        and service_of(pod) in mine
        and any(is_database({"image": one.image, "name": one.name}) for one in pod.spec.containers)
    ]


def judge_database(
    pods: Sequence[Pod], policies: Iterable[NetworkPolicy], table: str, *, namespace: str, service: str
) -> OwnDatabase:
    """Hold every connection to the service's database against whose it is."""
    databases = databases_of(pods, namespace, service)
    if not databases:
        return OwnDatabase("none", f"{service} has no database among its pods.")
    guard = _guard(policies, databases)
    if not table:
        return OwnDatabase(
            "unseen",
            "Nobody here can see who connects to the database.",
            tuple(databases),
            guard,
            "wherry contract unspoken",
        )
    strangers, own = _callers(pods, databases, table, service)
    if strangers:
        who = ", ".join(f"{name} ({count})" for name, count in strangers.most_common())
        says = f"Somebody else connects to the database of {service}: {who}."
        return OwnDatabase("broken", says, tuple(databases), guard, "wherry contract propose")
    if not own:
        says = "Nobody has been seen at the database lately. A kernel follows connections through Services only."
        return OwnDatabase("unseen", says, tuple(databases), guard)
    count = "1 connection" if own == 1 else f"{own} connections"
    return OwnDatabase(
        "kept", f"Only {service} itself connects to its database: {count} seen.", tuple(databases), guard
    )


def _callers(pods: Iterable[Pod], databases: Iterable[Pod], table: str, service: str) -> tuple[Counter[str], int]:
    """Strangers with the number of their connections, and how many connections are the service's own."""
    targets, callers = pods_by_address(databases), pods_by_address(pods)
    strangers: Counter[str] = Counter()
    own = 0
    for one in read_connections(table):
        target, caller = targets.get(one.target), callers.get(one.source)
        if target is None or caller is None:
            continue
        name = service_of(caller) or caller.metadata.name
        is_own = name == service or name.startswith(f"{service}-")
        if is_own and caller.metadata.namespace == target.metadata.namespace:
            own += 1
        else:
            strangers[f"{name} in {caller.metadata.namespace}"] += 1
    return strangers, own


def _guard(policies: Iterable[NetworkPolicy], databases: Iterable[Pod]) -> str:
    for pod in databases:
        for policy in policies:
            spec, is_near = policy.spec, policy.metadata.namespace == pod.metadata.namespace
            chosen = selector_from(spec.pod_selector).matches(pod.metadata.labels)
            if is_near and chosen and "Ingress" in spec.policy_types:
                return f"The network policy {policy.metadata.name} says who may reach it."
    return ""

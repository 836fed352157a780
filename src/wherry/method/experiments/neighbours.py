"""M2, live: who is connected to the service's database, and whose settings lead there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from wherry.api.core.pod import Pod
from wherry.api.core.pod_addresses import pods_by_address
from wherry.method.delivery.stamping import SERVICE
from wherry.method.evidence.observation import Method, Observation, supports
from wherry.method.experiments.experiment import open_question, refuted, remark, shown
from wherry.method.facts.databases import database_host, service_of

CRITERION = "own-database"
FIX = "give each service a database of its own; who needs the other's data asks its API"
Settings = Mapping[tuple[str, str], Mapping[str, str]]
"""What ConfigMaps say, by namespace and name."""


def judge_neighbours(
    service: str,
    namespace: str,
    databases: Sequence[str],
    callers: Mapping[str, set[str]],
    pods: Iterable[Pod],
    settings: Settings,
) -> list[Observation]:
    """Are the service's own pods the only ones at its database? Pure.

    Args:
        service: its name.
        namespace: where the release runs.
        databases: the names of those of the release.
        callers: by database, who is connected; a database that could not be looked into is not in it.
        pods: all pods that could be listed, of as many namespaces as possible.
        settings: the ConfigMaps of as many namespaces as possible.
    """
    if not databases:
        return [remark("No database is part of the release.")]
    known = list(pods)
    strangers = [pod for pod in known if not _is_own(pod, service, namespace)]
    addresses = pods_by_address(strangers)
    # One of its own that has ended may be remembered at an address that somebody else has by now.
    own = {pod.status.pod_ip for pod in known if _is_own(pod, service, namespace)}
    found = [
        refuted(f"{_who(addresses[caller])} uses {name}, the database of {service}.", CRITERION, fix=FIX)
        for name, all_ in sorted(callers.items())
        for caller in sorted(all_)
        if caller in addresses and caller not in own
    ]
    if found:
        return found
    names = set(databases)
    lead_there = [pod for pod in strangers if _leads_to(pod, names, namespace, settings)]
    if lead_there:
        return [open_question(f"The settings of {_who(lead_there[0])} lead to the database of {service}.", FIX)]
    return _nobody_else(service, databases, callers, known)


def _nobody_else(
    service: str, databases: Sequence[str], callers: Mapping[str, set[str]], pods: Sequence[Pod]
) -> list[Observation]:
    spaces = len({pod.metadata.namespace for pod in pods})
    count = sum(len(all_ - {"127.0.0.1", "::1"}) for all_ in callers.values())
    unseen = [name for name in databases if name not in callers]
    where = f"{spaces} namespace{'' if spaces == 1 else 's'}"
    settings = f"no settings of other pods lead there, as far as they can be read in {where}"
    if count and not unseen:
        return [
            shown(f"Only pods of {service} use its database, and {settings}."),
            remark(f"{count} addresses use it, or have used it within the last minute."),
        ]
    why = f"the connections of {unseen[0]} cannot be seen here" if unseen else "nobody used it at that moment"
    by_settings = supports(f"By configuration only, as {why}: {settings}.")
    return [replace(by_settings, method=Method.DECLARED)]


def _is_own(pod: Pod, service: str, namespace: str) -> bool:
    return pod.metadata.namespace == namespace and pod.metadata.labels.get(SERVICE) == service


def _who(pod: Pod) -> str:
    service = pod.metadata.labels.get(SERVICE, "")
    return f"pod {pod.metadata.namespace}/{pod.metadata.name}" + (f" of {service}" if service else "")


def _leads_to(pod: Pod, names: set[str], namespace: str, settings: Settings) -> bool:
    """Whether a variable of a pod, as far as its value can be read, names one of the databases."""
    for key, value in _variables(pod, settings):
        name, space = service_of(database_host(key, value))
        if name in names and (space or pod.metadata.namespace) == namespace:
            return True
    return False


def _variables(pod: Pod, settings: Settings) -> Iterator[tuple[str, str]]:
    space = pod.metadata.namespace
    for container in (*pod.spec.init_containers, *pod.spec.containers):
        for source in container.env_from:
            if source.config_map_ref is not None:
                yield from settings.get((space, source.config_map_ref.name), {}).items()
        for variable in container.env:
            ref = variable.value_from.config_map_key_ref if variable.value_from is not None else None
            kept = settings.get((space, ref.name), {}).get(ref.key, "") if ref is not None else ""
            yield variable.name, variable.value or kept

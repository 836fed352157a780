"""Looking for evidence: in the repository, and on the clusters of its environments.

Nothing is changed by looking. What cannot be looked at leaves its facts empty.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.api.core.pod import PODS, Pod
from wherry.api.method.release import RUNNING
from wherry.api.method.timebox import RecordedPlay
from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.method.delivery.ledger import list_in
from wherry.method.journey.places import Place, places_behind
from wherry.method.journey.play import CannotCall
from wherry.method.journey.proxy import service_calls
from wherry.method.project import Project
from wherry.method.skeleton.git import Git, GitFailed
from wherry.method.timebox.agreements import agreed_teams
from wherry.method.timebox.ticks import Facts, Running

LOG_LINES = 50
KILLED = frozenset((137, 143))
"""Exit codes of a program that was killed: 128 and the signal's number."""


@dataclass(frozen=True, slots=True)
class Stage:
    """An environment and the way to its cluster."""

    name: str
    namespace: str
    client: Client


async def look_at_repository(project: Project) -> Facts:
    """What git knows."""
    namespace = project.environment(project.environments[0]).namespace if project.environments else ""
    facts = Facts(project.name, project.file.team, namespace, project.environments)
    git = Git(project.root)
    try:
        head, commits = await git.line("rev-parse", "HEAD"), int(await git.line("rev-list", "--count", "HEAD"))
        files = (await git.line("ls-files")).splitlines()
    except (GitFailed, ValueError):
        return facts
    if "wherry.toml" not in files:
        return facts
    overlays = {name: project.environment(name).overlay.rstrip("/") for name in project.environments}
    stored = tuple(name for name, path in overlays.items() if f"{path}/kustomization.yaml" in files)
    passwords = tuple(file for file in files if file.endswith(".secret.env"))
    return replace(facts, head=head, commits=commits, stored_environments=stored, stored_passwords=passwords)


async def look_at_clusters(
    facts: Facts, project: Project, stages: Sequence[Stage], plays: Sequence[RecordedPlay], seen: Mapping[str, str]
) -> Facts:
    """What the clusters know, added to what was known. Raises OSError when one does not answer.

    Args:
        facts: so far.
        project: whose they are.
        stages: its environments, in their order.
        plays: journeys that went as told.
        seen: evidence of what has happened once and was seen then.
    """
    first = stages[0]
    releases, running = await _releases(project.name, stages)
    here = await places_behind(first.client, first.namespace, project.name)
    return replace(
        facts,
        releases=releases,
        running=running,
        row=await _row(project.name, first, plays, here),
        log_lines=await _log_lines(first, here),
        healed=seen.get("healed") or await _healed(project.name, first),
        exposed=await _exposed(project, first),
        agreed_by=await agreed_teams(first.client, project.name),
        demo=seen.get("demo") or _demo(plays, stages[-1].name),
    )


async def _releases(service: str, stages: Sequence[Stage]) -> tuple[tuple[str, ...], Mapping[str, Running]]:
    names: dict[str, None] = {}
    running: dict[str, Running] = {}
    for stage in stages:
        try:
            found = await list_in(stage.client, stage.namespace, service)
        except StatusError:
            continue
        names |= dict.fromkeys(release.name for release in sorted(found, key=lambda one: one.spec.number))
        for release in found:
            if release.spec.environment == stage.name and release.status.state == RUNNING:
                ready = len(await places_behind(stage.client, stage.namespace, service))
                running[stage.name] = Running(release.name, release.spec.digest, ready)
    return tuple(names), running


async def _row(service: str, stage: Stage, plays: Sequence[RecordedPlay], here: Sequence[Place]) -> str:
    """What the last journey wrote, asked for again: it must still be there."""
    written = next((play for play in reversed(plays) if play.environment == stage.name and play.reads), None)
    if written is None or not here:
        return ""
    try:
        call = await service_calls(stage.client, stage.namespace, service)
        answer = await call("GET", written.reads, None)
    except (CannotCall, StatusError):
        return ""
    if answer.status != 200 or answer.parsed() != json.loads(written.answer or "null"):
        return ""
    database = await places_behind(stage.client, stage.namespace, f"{service}-db")
    where = (database or here)[0]
    return f"{written.reads} is in container {where.container}, in pod {where.pod}, on node {where.node}"


async def _log_lines(stage: Stage, here: Sequence[Place]) -> int:
    count = 0
    for place in here:
        path = f"/api/v1/namespaces/{quote(stage.namespace)}/pods/{quote(place.pod)}/log"
        try:
            response = await stage.client.request(
                "GET", path, f"container={quote(place.container)}&tailLines={LOG_LINES}"
            )
        except StatusError:
            continue
        count += len((await read_body(response)).splitlines())
    return count


async def _healed(service: str, stage: Stage) -> str:
    try:
        pods = (await stage.client.list(PODS, stage.namespace, label_selector=f"app={service}")).items
        sets = (await stage.client.list(REPLICA_SETS, stage.namespace, label_selector=f"app={service}")).items
        events = (await stage.client.list(EVENTS, stage.namespace)).items
    except StatusError:
        return ""
    return restarted(pods) or replaced({one.metadata.name for one in sets}, pods, events)


def restarted(pods: Iterable[Pod]) -> str:
    """A container that was killed and runs again; "" when there is none."""
    for pod in pods:
        for status in pod.status.container_statuses:
            ended = status.last_state.terminated if status.last_state is not None else None
            if status.ready and ended is not None and ended.exit_code in KILLED:
                return (
                    f"the container {status.name} of {pod.metadata.name} was killed ({ended.exit_code}), and runs again"
                )
    return ""


def replaced(replica_sets: set[str], pods: Iterable[Pod], events: Iterable[Event]) -> str:
    """A pod that somebody else than its replica set has ended, and that was replaced; "" when there is none."""
    made, removed, present = Counter[str](), Counter[str](), Counter[str]()
    for event in events:
        counted = {"SuccessfulCreate": made, "SuccessfulDelete": removed}.get(event.reason)
        if counted is not None and event.involved_object.name in replica_sets:
            counted[event.involved_object.name] += event.count or 1
    for pod in pods:
        owner = pod.metadata.controller
        if owner is not None:
            present[owner.name] += 1
    for name in sorted(replica_sets):
        lost = made[name] - removed[name] - present[name]
        if lost > 0 and present[name] > 0:
            pods_lost = "a pod was" if lost == 1 else f"{lost} pods were"
            return f"{pods_lost} lost, and {name} has made another in its place"
    return ""


async def _exposed(project: Project, stage: Stage) -> str:
    import yaml

    service = project.file.service
    try:
        promised = yaml.safe_load((project.root / service.contract).read_text(encoding="utf-8"))
        call = await service_calls(stage.client, stage.namespace, project.name)
        served = await call("GET", service.served_at, None)
    except (OSError, yaml.YAMLError, CannotCall, StatusError):
        return ""
    same = served.status == 200 and isinstance(promised, dict) and served.parsed() == promised
    return f"{project.name} serves {service.contract} at {service.served_at}" if same else ""


def _demo(plays: Sequence[RecordedPlay], environment: str) -> str:
    held = next((play for play in plays if play.environment == environment), None)
    return "" if held is None else f"{held.journey} in {environment}, at {held.at}"

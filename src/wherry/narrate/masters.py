"""The parts of the masters as figures: how each is, its heartbeat, and what waits for it. From real telemetry.

seen = await observe(client)          # what this person may see of it: numbers, health, leases
figures(seen, snapshot, now_s)        # pure: one figure per part
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from wherry.api.coordination.lease import LEASES
from wherry.api.core.componentstatus import COMPONENT_STATUSES, ComponentCondition, ComponentStatus
from wherry.apimachinery.errors import Forbidden, NotFound, StatusError
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import parse_time
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.narrate.facts import Snapshot
from wherry.narrate.master_templates import MASTERS
from wherry.narrate.templates import count

NOTICES = "notices"
LEASE_NAMESPACE = "kube-node-lease"
# A node that has not renewed its lease for so long counts as away. Source: kubernetes, node-monitor-grace-period.
FRESH_S = 50.0

State = Literal["well", "trouble", "hidden", "none"]
Samples = Mapping[str, Sequence[tuple[Mapping[str, str], float]]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What could be seen; None for what this person may not see."""

    samples: Samples | None = None
    failing: Mapping[str, str] = field(default_factory=dict)
    leases: Mapping[str, float] | None = None


class Figure(Struct):
    """One part of the masters. `details` are its numbers, for whoever wants them."""

    name: str
    state: State
    beat: str
    queue: str
    details: tuple[tuple[str, str], ...] = ()


async def observe(client: Client) -> Seen:
    """Ask for all of it with this person's rights."""
    return Seen(await _samples(client), await _failing(client), await _leases(client))


async def _samples(client: Client) -> Samples | None:
    try:
        return parse_samples((await read_body(await client.request("GET", "/metrics"))).decode())
    except StatusError:
        return None


async def _failing(client: Client) -> dict[str, str]:
    try:
        listed = (await client.list(COMPONENT_STATUSES)).items
    except (Forbidden, NotFound):
        return {}
    return {one.metadata.name: reason for one in listed if (reason := reason_of(one))}


def reason_of(one: ComponentStatus) -> str:
    """Why a part of the masters is not well; "" when it is."""
    wrong = (entry.error or entry.message or "it does not say why" for entry in one.conditions if _is_wrong(entry))
    return next(wrong, "")


def _is_wrong(entry: ComponentCondition) -> bool:
    return entry.type == "Healthy" and entry.status != "True"


async def _leases(client: Client) -> dict[str, float] | None:
    try:
        listed = (await client.list(LEASES, LEASE_NAMESPACE)).items
    except (Forbidden, NotFound):
        return None
    return {one.metadata.name: parse_time(one.spec.renew_time) for one in listed if one.spec.renew_time}


def parse_samples(content: str) -> dict[str, list[tuple[Mapping[str, str], float]]]:
    """Metrics in Prometheus' text form, by name. Label values with commas or quotes in them are not expected here."""
    found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    for line in content.splitlines():
        head, _, value = line.rpartition(" ")
        if not head or line.startswith("#"):
            continue
        name, _, inside = head.partition("{")
        pairs = (part.partition("=") for part in inside.rstrip("}").split(",") if part)
        found.setdefault(name, []).append(({key: said.strip('"') for key, _, said in pairs}, float(value)))
    return found


def figures(seen: Seen, snapshot: Snapshot, now_s: float) -> list[Figure]:
    """All parts, from the door inwards and out to the nodes."""
    return [
        _api_server(seen),
        _store(seen),
        _scheduler(seen),
        _controllers(seen),
        _nodes(seen, snapshot, now_s),
        _dns(seen),
        _notices(seen),
    ]


def headline(found: Sequence[Figure]) -> str:
    """All of them in a sentence."""
    troubled = [one.name for one in found if one.state == "trouble"]
    if troubled:
        return say("masters.trouble", names=", ".join(troubled))
    return say("masters.well", parts=sum(one.state != "none" for one in found))


def say(key: str, **values: object) -> str:
    """One of the sentences."""
    return MASTERS[key].text.format(**values)


def _total(samples: Samples, name: str, **labels: str) -> int:
    """The sum of a metric over all labels but these."""
    fits = (value for own, value in samples.get(name, ()) if all(own.get(key) == said for key, said in labels.items()))
    return int(sum(fits))


def _details(samples: Samples, name: str, label: str) -> tuple[tuple[str, str], ...]:
    rows = [(own.get(label, ""), value) for own, value in samples.get(name, ()) if value]
    return tuple((said, f"{value:.0f}") for said, value in sorted(rows, key=lambda row: -row[1]))


def _figure(name: str, wrong: str, beat: str, queue: str, details: tuple[tuple[str, str], ...] = ()) -> Figure:
    said = say("masters.failing", reason=wrong) if wrong else beat
    # It may begin with a number that is a word: no pods.
    waiting = queue[:1].upper() + queue[1:]
    return Figure(name=name, state="trouble" if wrong else "well", beat=said, queue=waiting, details=details)


def _hidden(name: str, wrong: str = "") -> Figure:
    said = say("masters.failing", reason=wrong) if wrong else say("masters.hidden")
    return Figure(name=name, state="trouble" if wrong else "hidden", beat=said, queue="")


def _absent(name: str) -> Figure:
    return Figure(name=name, state="none", beat=say("masters.not-here"), queue="")


def _api_server(seen: Seen) -> Figure:
    if seen.samples is None:
        return _hidden("API server")
    samples = seen.samples
    beat = say("masters.api.beat", requests=count(_total(samples, "apiserver_request_total"), "request"))
    queue = say(
        "masters.api.queue",
        # The request that asks for the numbers is one of them.
        number=max(0, _total(samples, "apiserver_current_inflight_requests") - 1),
        watches=_total(samples, "apiserver_longrunning_requests"),
    )
    codes: dict[str, float] = {}
    for labels, value in samples.get("apiserver_request_total", ()):
        codes[labels.get("code", "")] = codes.get(labels.get("code", ""), 0.0) + value
    details = tuple((f"answers {code}", f"{value:.0f}") for code, value in sorted(codes.items()))
    return _figure("API server", "", beat, queue, details)


def _store(seen: Seen) -> Figure:
    wrong = seen.failing.get("etcd-0", "")
    if seen.samples is None:
        return _hidden("store", wrong)
    revision = _total(seen.samples, "wherry_store_revision")
    return _figure("store", wrong, say("masters.store.beat", revision=revision), say("masters.store.queue"))


def _scheduler(seen: Seen) -> Figure:
    wrong = seen.failing.get("scheduler", "")
    if seen.samples is None:
        return _hidden("scheduler", wrong)
    samples = seen.samples
    placed = _total(samples, "scheduler_schedule_attempts_total", result="scheduled")
    active = _total(samples, "scheduler_pending_pods", queue="active")
    refused = _total(samples, "scheduler_pending_pods", queue="unschedulable")
    queue = say("masters.scheduler.queue", active=f"{count(active, 'pod')} wait", refused=refused)
    details = (("refusals so far", str(_total(samples, "scheduler_schedule_attempts_total", result="unschedulable"))),)
    return _figure("scheduler", wrong, say("masters.scheduler.beat", placed=count(placed, "pod")), queue, details)


def _controllers(seen: Seen) -> Figure:
    wrong = seen.failing.get("controller-manager", "")
    if seen.samples is None:
        return _hidden("controllers", wrong)
    samples = seen.samples
    decided = [one for one in samples.get("wherry_decisions_total", ()) if "controller" in one[0].get("name", "")]
    beat = say(
        "masters.controllers.beat",
        number=len(samples.get("workqueue_depth", ())),
        decisions=count(int(sum(value for _, value in decided)), "time"),
    )
    queue = say("masters.controllers.queue", depth=f"{count(_total(samples, 'workqueue_depth'), 'object')} wait")
    return _figure("controllers", wrong, beat, queue, _details(samples, "workqueue_adds_total", "name"))


def _nodes(seen: Seen, snapshot: Snapshot, now_s: float) -> Figure:
    names = [node.name for node in snapshot.nodes if node.kind not in ("gone", "hidden")]
    if seen.leases is None:
        return _hidden("nodes")
    if not names:
        return _absent("nodes")
    ages = {name: max(0.0, now_s - seen.leases[name]) for name in names if name in seen.leases}
    late = [name for name in names if ages.get(name, FRESH_S) >= FRESH_S]
    fresh = say(
        "masters.nodes.beat",
        fresh=len(names) - len(late),
        total=count(len(names), "node"),
        ago=f"{min(ages.values(), default=0.0):.0f}",
    )
    counts = snapshot.counts
    queue = say("masters.nodes.queue", pods=count(counts.pods, "pod"), containers=count(counts.containers, "container"))
    wrong = f"{', '.join(late[:3])} has not reported for {FRESH_S:.0f} s" if late else ""
    details = tuple((name, f"{age:.0f} s ago") for name, age in sorted(ages.items())[:20])
    return _figure("nodes", wrong, fresh, queue, details)


def _dns(seen: Seen) -> Figure:
    if seen.samples is None:
        return _hidden("DNS")
    ready = {labels.get("name", ""): value for labels, value in seen.samples.get("wherry_component_ready", ())}
    if "cluster-dns" not in ready:
        return _absent("DNS")
    wrong = "" if ready["cluster-dns"] else "it is not ready"
    questions = count(_total(seen.samples, "coredns_dns_requests_total"), "question")
    return _figure("DNS", wrong, say("masters.dns.beat", questions=questions), say("masters.dns.queue"))


def _notices(seen: Seen) -> Figure:
    """Only where somebody is to be told: a part that has nothing to do is none."""
    wrong = seen.failing.get(NOTICES, "")
    if seen.samples is None:
        return _hidden(NOTICES, wrong)
    samples = seen.samples
    if not _total(samples, "wherry_notices_wanted"):
        return _absent(NOTICES)
    told = count(_total(samples, "wherry_notices_total", result="taken"), "message")
    queue = say("masters.notices.queue", waiting=count(_total(samples, "wherry_notices_waiting"), "message"))
    return _figure(
        NOTICES,
        wrong,
        say("masters.notices.beat", told=told),
        queue,
        _details(samples, "wherry_notices_total", "result"),
    )

"""The whole answer to "why": the sentence, the chain that led here, what stands in the way, and what would help.

Pure: `answer(evidence)` judges what evidence.py has read. Its JSON is the answer of `wherry why -o json` and of the
web page alike.
"""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.core.event_parts import Event
from wherry.api.core.pod import Pod
from wherry.api.core.service import SERVICES
from wherry.apimachinery.struct import Struct
from wherry.narrate.chain import Step, trace
from wherry.narrate.choice import Choice, choice_of
from wherry.narrate.crash import Crash, explain_crash
from wherry.narrate.evidence import Evidence
from wherry.narrate.facts import PodFacts, ServiceFacts
from wherry.narrate.find import Target
from wherry.narrate.grouping import moment
from wherry.narrate.placement import NodeVerdict, judge_nodes
from wherry.narrate.sheet import sheet
from wherry.narrate.templates import next_step, tell
from wherry.narrate.why import explain

PODS_SHOWN = 3
HELPS_SHOWN = 3
# Its sentence is about who answers, which its own document does not say.
BY_SHEET = ("Service",)


class Answer(Struct):
    """Why something is as it is.

    `nodes` is there for a pod that waits, `crashes` for one that crashes, `choice` for one that has its node, as long
    as the scheduler's Event is kept; `next` are commands or plain advice, the best
    first.
    """

    kind: str
    namespace: str
    name: str
    answer: str
    reasons: tuple[str, ...]
    chain: tuple[Step, ...]
    choice: Choice | None
    nodes: tuple[NodeVerdict, ...]
    crashes: tuple[Crash, ...]
    next: tuple[str, ...]


def answer(evidence: Evidence) -> Answer:
    """Judge the evidence."""
    target, pod = evidence.target, evidence.pod
    explained = explain(evidence.documents[-1], (), _in_the_way(evidence))
    nodes = (
        tuple(judge_nodes(pod, evidence.nodes, evidence.pods, _noted(evidence, "FailedScheduling")))
        if evidence.nodes and pod
        else ()
    )
    crashes = tuple(_crashes(evidence, pod)) if pod else ()
    refusals = [one for one in nodes if not one.fits]
    helps = [one.helps for one in sorted(refusals, key=lambda one: one.when == "never")][:HELPS_SHOWN]
    about = sheet(evidence.snapshot, target)
    says, reasons, steps = explained.answer, [*explained.reasons], [*explained.remedies]
    if about is not None and pod is None:
        says = about.sentence if target.kind in BY_SHEET else says
        reasons += [f"{row.label}: {row.value}" for row in about.rows if row.label in SHEET_ROWS]
    reasons += _below(evidence)
    # What would help on a node says it better than what helps in general.
    ways = [*(crash.next for crash in crashes), *helps, *_steps_below(evidence), *(() if helps else steps)]
    return Answer(
        kind=target.kind,
        namespace=target.namespace,
        name=target.name,
        answer=says,
        reasons=tuple(dict.fromkeys(reasons)),
        chain=tuple(trace(evidence.documents, evidence.events, pod, evidence.deeds)),
        choice=_choice(evidence) if pod else None,
        nodes=nodes,
        crashes=crashes,
        next=tuple(dict.fromkeys(way for way in ways if way)),
    )


SHEET_ROWS = ("Now", "Next", "Room", "Pods", "Apps", "If it goes", "Answers", "Does not", "Reached by")


def _choice(evidence: Evidence) -> Choice | None:
    """How its node was chosen, where the scheduler has noted that."""
    chosen = _noted(evidence, "Scheduled")
    return choice_of(chosen) if chosen is not None else None


def _noted(evidence: Evidence, reason: str) -> Event | None:
    """The scheduler's last word of that reason about the pod."""
    uids = ("", evidence.pod.metadata.uid if evidence.pod else "")
    said = [
        event
        for event in evidence.events
        if event.reason == reason
        and event.involved_object.uid in uids
        and event.involved_object.name == evidence.target.name
        and event.involved_object.kind == evidence.target.kind
    ]
    return max(said, key=moment, default=None)


def _crashes(evidence: Evidence, pod: Pod) -> Iterable[Crash]:
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        if status.name not in evidence.logs or (status.state is not None and status.state.running and status.ready):
            continue
        now = status.state.terminated if status.state else None
        ended = now or (status.last_state.terminated if status.last_state else None)
        if ended is not None:
            yield explain_crash(
                status.name,
                exit_code=ended.exit_code,
                reason=ended.reason,
                log=evidence.logs[status.name],
                pod=pod.metadata.name,
                namespace=pod.metadata.namespace,
            )


def _troubled_below(evidence: Evidence) -> list[PodFacts]:
    """The pods of a workload that need help."""
    owner = f"{evidence.target.kind}/{evidence.target.name}"
    return [
        pod
        for pod in evidence.snapshot.pods
        if pod.owner == owner and pod.namespace == evidence.target.namespace and pod.needs_help
    ]


def _in_the_way(evidence: Evidence) -> list[PodFacts]:
    """Those of a new version: an old pod in trouble, or one that has ended and has a successor, holds up nothing."""
    return [pod for pod in _troubled_below(evidence) if pod.name in evidence.newer and not pod.has_ended]


def _below(evidence: Evidence) -> list[str]:
    lines = [tell("pod.failed", pod=pod.name, reason=pod.reason) for pod in _troubled_below(evidence)[:PODS_SHOWN]]
    service = _service(evidence)
    if service is not None and not service.answering and not service.silent:
        lines += _selector_lines(evidence)
    return lines


def _steps_below(evidence: Evidence) -> list[str]:
    # While a version replaces another, the old pods go anyway.
    held = sorted(_in_the_way(evidence), key=lambda pod: pod.created, reverse=True)
    first = held if evidence.newer else _troubled_below(evidence)
    steps = [next_step("pod.failed", thing=Target("Pod", pod.namespace, pod.name).command) for pod in first[:1]]
    service = _service(evidence)
    if service is not None and service.silent:
        steps.append(next_step("pod.failed", thing=Target("Pod", service.namespace, service.silent[0]).command))
    return steps


def _service(evidence: Evidence) -> ServiceFacts | None:
    target = evidence.target
    return next(
        (
            one
            for one in evidence.snapshot.services
            if target.kind == SERVICES.kind and (one.namespace, one.name) == (target.namespace, target.name)
        ),
        None,
    )


def _selector_lines(evidence: Evidence) -> list[str]:
    """What a service asks for that no pod has."""
    service = SERVICES.from_document(evidence.documents[-1])
    asked = ", ".join(f"{key}={value}" for key, value in sorted(service.spec.selector.items()))
    apps = sorted({pod.app for pod in evidence.snapshot.pods if pod.namespace == service.metadata.namespace})
    known = tell("service.apps", apps=", ".join(apps)) if apps else tell("service.no-pods")
    return [tell("service.asks", labels=asked), known] if asked else []

"""One workload: overview, now and next, its pods, and what happened; its other tabs have views of their own."""

from __future__ import annotations

from wherry.apimachinery.errors import NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.dashboard.channel import Rendered
from wherry.dashboard.detail.kinds import pods_of, workload_kind
from wherry.dashboard.detail.tabs import tabs
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import definitions, hidden_fields, link, text, twin, url, with_terms
from wherry.dashboard.views.picture import pod_piece
from wherry.dashboard.views.story import line_pieces
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.facts import PodFacts, Snapshot, WorkloadFacts
from wherry.narrate.find import Target
from wherry.narrate.grouping import events_of_app
from wherry.narrate.sheet import sheet
from wherry.narrate.story import lines

INTERVAL_S = 0.4
LINES_SHOWN = 50
PODS_SHOWN = 200


class WorkloadPage:
    """The page of one workload."""

    def __init__(self, live: Live, resource: AnyResourceType, namespace: str, name: str) -> None:
        """It need not be there (any more)."""
        self._live = live
        self._resource = resource
        self._namespace = namespace
        self._name = name

    async def render(self) -> Rendered:
        """Its pieces now."""
        try:
            _ = await self._live.client.get_document(self._resource, self._name, self._namespace)
        except NotFound:
            said = f"{self._resource.kind} {self._name} is not there any more."
            return Rendered([Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>')], said)
        snapshot = self._live.model.snapshot()
        facts = self.facts(snapshot)
        said = (
            f"{self._name}: {facts.now}" if facts else f"{self._resource.kind} {self._name} belongs to something else."
        )
        pods = self.pods(snapshot)
        events = [one for one in await self._live.events() if one.involved_object.namespace == self._namespace]
        told = lines(events_of_app(events, self._name, [pod.name for pod in pods]))[-LINES_SHOWN:]
        pieces = [
            Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>'),
            Fragment("overview", ROOT, self._overview(snapshot)),
            Fragment(
                "members", ROOT, f'<section id="members"><h2>{with_terms("Pods and containers")}</h2>', "</section>"
            ),
            Fragment(
                "pods", "members", f'<ul id="pods" class="pods" aria-label="pods of {text(self._name)}">', "</ul>"
            ),
            *(pod_piece(pod, "pods") for pod in pods[:PODS_SHOWN]),
            Fragment("happened", ROOT, '<section id="happened"><h2>What happened</h2>', "</section>"),
            Fragment("lines", "happened", '<ol id="lines" class="story">', "</ol>"),
            *line_pieces(told, "lines"),
        ]
        return Rendered(pieces, said)

    def facts(self, snapshot: Snapshot) -> WorkloadFacts | None:
        """What the picture knows of it."""
        wanted = f"{self._resource.kind}/{self._namespace}/{self._name}"
        return next((one for one in snapshot.workloads if one.id == wanted), None)

    def pods(self, snapshot: Snapshot) -> list[PodFacts]:
        """Its pods."""
        return pods_of(snapshot, self._resource.kind, self._namespace, self._name)

    def _overview(self, snapshot: Snapshot) -> str:
        found = sheet(snapshot, Target(self._resource.kind, self._namespace, self._name))
        # The pods have a list of their own.
        rows = [(row.label, with_terms(row.value)) for row in found.rows if row.label != "Pod"] if found else []
        return f'<section id="overview"><h2>Now and next</h2>{definitions(rows)}</section>'


def _forms(resource: AnyResourceType, namespace: str, name: str, wanted: int) -> str:
    fields = hidden_fields(kind=resource.kind, namespace=namespace, name=name)
    thing = f"{resource.singular}/{name} -n {namespace}"
    forms = ""
    if any(sub.name == "scale" for sub in resource.subresources):
        forms += (
            '<details class="action"><summary>Change the number of copies</summary>'
            f'<form method="post" action="/ui/actions/scale">{fields}'
            '<label>Copies <input type="number" name="replicas" min="0" max="100000" '
            f'value="{wanted}" required></label>'
            f"{twin(f'kubectl scale {thing} --replicas=N')}"
            f'<button type="submit">Scale {text(name)}</button></form></details>'
        )
    if resource.kind in RESTARTABLE:
        forms += (
            '<details class="action"><summary>Restart all copies</summary>'
            f'<form method="post" action="/ui/actions/restart">{fields}<p>One after the other: some always run.</p>'
            f"{twin(f'kubectl rollout restart {thing}')}"
            f'<button type="submit">Restart {text(name)}</button></form></details>'
        )
    return forms


RESTARTABLE = ("Deployment", "StatefulSet", "DaemonSet")


def _make(live: Live, asked: Asked) -> Page:
    kind, namespace, name = asked.segments
    resource = workload_kind(kind)
    page = WorkloadPage(live, resource, namespace, name)
    facts = page.facts(live.model.snapshot())
    return Page(
        f"{kind} {name}",
        page.render,
        above=f"<p>{link(url('next'), 'All workloads')}</p>{tabs(asked.segments, '')}",
        below=_forms(resource, namespace, name, facts.wanted if facts else 0),
        interval_s=INTERVAL_S,
    )


WORKLOAD = View(
    "workloads",
    "",
    _make,
    segments=3,
    explains="What this workload wants, what it has, and what comes next. Its pods are below, with what happened "
    "to them. The forms at the end change it, if you may.",
)

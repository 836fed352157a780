"""The picture: nodes, in them pods, in them containers, as nested lists; symbol, word, border and colour say how.

Above 60 nodes each becomes a tile with its numbers; a person may pin either form. What is wanted and not there yet
has a dashed empty place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from wherry.api.core.pod import PODS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import choice, element_id, text, twin, url, with_terms
from wherry.dashboard.moments import meant
from wherry.dashboard.sight import namespace_field, said_of
from wherry.dashboard.then import moment_input, snapshot_then, tell_at
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.describe import count_pods
from wherry.narrate.facts import NodeFacts, PodFacts, Snapshot, WorkloadFacts
from wherry.narrate.headline import needing_help
from wherry.narrate.state_words import SYMBOLS, WORDS
from wherry.narrate.templates import count

NODES_IN_DETAIL_MAX = 60
PODS_LAID_OUT_MAX = 500
"""With more of them a browser lays out only what somebody looks at: else each change moves all that is below it."""
GHOSTS_MAX = 20
ZOOMS = (("", "as fits"), ("pods", "pods"), ("nodes", "nodes"))

Facts = TypeVar("Facts", NodeFacts, PodFacts)


class Picture:
    """The picture as somebody has asked for it; remembers the HTML of what has not changed."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have ns, app, owner (KIND/NAME), state, node and zoom."""
        self._live = live
        self._namespace = asked.get("ns")
        self._app, self._state, self._node = asked.get("app"), asked.get("state"), asked.get("node")
        self._owner, self._zoom = asked.get("owner"), asked.get("zoom")
        self._at = asked.get("at")
        self._then: Snapshot | None = None
        self._said = ""
        self._has_many = False
        # By identity of the facts, which are held beside what was made of them.
        self._made: dict[tuple[int, object], tuple[object, Sequence[Fragment]]] = {}
        self._before = self._made

    async def render(self) -> Rendered:
        """Its pieces now."""
        if self._at:
            return await self._render_then()
        snapshot = self._live.model.snapshot(self._namespace)
        return Rendered([*self._pieces(snapshot)], said_of(self._namespace, snapshot.sentence))

    async def _render_then(self) -> Rendered:
        """As it was; the past stays as it is, so it is read once."""
        if self._then is None:
            moment = await meant(self._live.moments, self._live.client, self._at)
            self._then = await snapshot_then(self._live, moment, self._namespace)
            self._said = tell_at(moment)
        note = Fragment(
            "then",
            ROOT,
            f'<p id="then" class="then">{text(self._said)} <a href="{text(url(ns=self._namespace))}">Now</a></p>',
        )
        return Rendered([note, *self._pieces(self._then)], f"{self._said} {self._then.sentence}")

    def _pieces(self, snapshot: Snapshot) -> Iterator[Fragment]:
        yield _headline(snapshot, self._namespace)
        self._before, self._made = self._made, {}
        if not self._node and any(self._is_shown(pod) for pod in snapshot.waiting):
            yield Fragment("unplaced", ROOT, '<section id="unplaced"><h2>No node yet</h2>', "</section>")
            yield Fragment("pods", "unplaced", '<ul id="pods" class="pods" aria-label="pods without a node">', "</ul>")
            yield from self._pods(snapshot.waiting)
        ghosts = [*self._ghosts(snapshot.workloads)]
        if ghosts:
            yield Fragment("wanted", ROOT, '<section id="wanted"><h2>Wanted, not there yet</h2>', "</section>")
            yield Fragment("ghosts", "wanted", '<ul id="ghosts" class="pods" aria-label="wanted pods">', "</ul>")
            yield from ghosts
        nodes = [node for node in snapshot.nodes if self._node in ("", node.name)]
        is_far = self._zoom == "nodes" or (self._zoom != "pods" and len(nodes) > NODES_IN_DETAIL_MAX)
        # Not back again: a cluster that grows and shrinks around the limit would be sent as a whole each time.
        self._has_many = self._has_many or snapshot.counts.pods > PODS_LAID_OUT_MAX
        kind = "tiles" if is_far else "nodes many" if self._has_many else "nodes"
        yield Fragment("nodes", ROOT, f'<ul id="nodes" class="{kind}" aria-label="nodes">', "</ul>")
        for node in nodes:
            yield from self._once(node, self._tile if is_far else self._in_detail)

    def _once(self, facts: Facts, make: Callable[[Facts], Iterable[Fragment]]) -> Sequence[Fragment]:
        """What is made of these facts; as long as they are the same ones, what was made of them before."""
        key = (id(facts), make)
        self._made[key] = made = self._before.get(key) or (facts, tuple(make(facts)))
        return made[1]

    def _in_detail(self, node: NodeFacts) -> Iterator[Fragment]:
        own, pods = element_id("node", node.name), element_id("pods", node.name)
        mark = "ready" if node.ready else "not-ready"
        yield Fragment(own, "nodes", f'<li id="{text(own)}" class="node {mark} {_css(node.kind)}">', "</li>")
        yield _node_head(node, own)
        yield Fragment(
            pods, own, f'<ul id="{text(pods)}" class="pods" aria-label="pods on {text(node.name)}">', "</ul>"
        )
        yield from self._pods(node.pods)

    def _pods(self, pods: Iterable[PodFacts]) -> Iterator[Fragment]:
        for pod in pods:
            if self._is_shown(pod):
                yield from self._once(pod, _pod)

    def _ghosts(self, workloads: Iterable[WorkloadFacts]) -> Iterator[Fragment]:
        for one in workloads:
            is_asked_for = self._app in ("", one.app) and self._owner in ("", f"{one.kind}/{one.name}")
            if self._state or self._node or not is_asked_for:
                continue
            for number in range(min(one.missing, GHOSTS_MAX)):
                own = element_id("ghost", one.id, str(number))
                more = one.missing - GHOSTS_MAX
                last = f" (and {more} more)" if number == GHOSTS_MAX - 1 and more > 0 else ""
                said = f"one more {one.name} is wanted{last}"
                yield Fragment(own, "ghosts", f'<li id="{text(own)}" class="ghost">{text(said)}</li>')

    def _is_shown(self, pod: PodFacts) -> bool:
        return self._app in ("", pod.app) and self._owner in ("", pod.owner) and self._state in ("", pod.state)

    def _tile(self, node: NodeFacts) -> Iterator[Fragment]:
        """A node from afar: the numbers of the pods that are asked for."""
        own = element_id("node", node.name)
        asked = {"ns": self._namespace, "app": self._app, "owner": self._owner, "state": self._state}
        shown = [pod for pod in node.pods if self._is_shown(pod)]
        counts = count_pods(shown)
        states = [f"{number} {word.lower()}" for word, number in counts.states.items() if number]
        is_part = node.counts.pods > 0 and any((self._app, self._owner, self._state))
        part = [f"{len(shown)} of {count(node.counts.pods, 'pod')}"] if is_part else []
        said = ", ".join([*part, *states]) or "no pods"
        mark = "not-ready" if not node.ready else "help" if counts.needs_help else "ready"
        yield Fragment(
            own,
            "nodes",
            f'<li id="{text(own)}" class="tile {mark} {_css(node.kind)}"><a class="thing" '
            f'href="{text(url(node=node.name, **asked))}"><span class="name">{text(node.name)}</span> '
            f'<span class="kind">{text(_kind(node))}</span>{_bar(counts.states)}'
            f'<span class="state">{text(node.state)}: {text(said)}</span></a></li>',
        )


def _pod(pod: PodFacts) -> Iterator[Fragment]:
    yield pod_piece(pod, element_id("pods", pod.node) if pod.node else "pods")


def pod_piece(pod: PodFacts, parent: str) -> Fragment:
    """One pod with its containers."""
    own = element_id("pod", pod.namespace, pod.name)
    where = "" if pod.namespace == "default" else f'<span class="where">in {text(pod.namespace)}</span>'
    reason = f'<span class="reason">{text(pod.reason)}</span>' if pod.needs_help else ""
    containers = "".join(
        f'<li class="container {one.state.lower()}"><span aria-hidden="true">{one.symbol}</span> {text(one.name)}'
        f'<span class="hidden"> {one.state}</span></li>'
        for one in pod.containers
    )
    return Fragment(
        own,
        parent,
        f'<li id="{text(own)}" class="pod {pod.state.lower()}">'
        f'<a class="thing" href="{text(url("pods", pod.namespace, pod.name))}">'
        f'<span class="symbol" aria-hidden="true">{pod.symbol}</span> <span class="name">{text(pod.name)}</span> '
        f'<span class="state">{pod.state}</span>{where}{reason}</a>{_pod_details(pod)}'
        f'<ul class="containers" aria-label="containers in {text(pod.name)}">{containers}</ul></li>',
    )


def _pod_details(pod: PodFacts) -> str:
    said = (pod.namespace, pod.address or "no address", f"{pod.ready}/{len(pod.containers)} ready")
    restarts = (f"{pod.restarts} restarts",) if pod.restarts else ()
    return f'<div class="technical">{text(" · ".join((*said, *restarts)))}</div>'


def _node_details(node: NodeFacts) -> str:
    memory = f"{node.memory_bytes / 2**30:.1f} GiB"
    return f'<p class="technical">{node.cpu_milli} milli-CPU · {memory} · at most {node.pods_max} pods</p>'


def _node_head(node: NodeFacts, parent: str) -> Fragment:
    own = f"{parent}/head"
    kind = f'<span class="kind">{text(_kind(node))}</span>'
    return Fragment(
        own,
        parent,
        f'<div id="{text(own)}" class="head"><h2>{text(node.name)}</h2> '
        f'<span class="badge">{text(node.state)}</span> {kind}<p>{text(node.sentence)}</p>'
        f"{_node_details(node)}{node_action(node)}</div>",
    )


def node_action(node: NodeFacts) -> str:
    """Where a person may close a node for new pods, or open it again."""
    if node.kind in ("gone", "hidden"):
        return ""
    action, label = ("cordon", "Take no new pods") if node.accepts_pods else ("uncordon", "Take pods again")
    return (
        f'<details class="action"><summary>{label}</summary>'
        f'<form method="post" action="/ui/actions/{action}"><input type="hidden" name="name" value="{text(node.name)}">'
        f"<p>What runs there stays.</p>{twin(f'kubectl {action} {node.name}')}"
        f'<button type="submit">{label}: {text(node.name)}</button></form></details>'
    )


def _bar(states: dict[str, int]) -> str:
    """How the pods of a node are, as one line; the words beside it say the same."""
    total, at, parts = sum(states.values()), 0.0, []
    for word, number in states.items():
        width = 100 * number / total if total else 0
        if width:
            parts.append(f'<rect class="{word.lower()}" x="{at:g}" width="{width:g}" height="6"/>')
        at += width
    return f'<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'


def _headline(snapshot: Snapshot, namespace: str) -> Fragment:
    troubled = needing_help(snapshot.nodes, snapshot.waiting)
    jump = ""
    if troubled:
        first = troubled[0]
        jump = f' <a class="jump" href="{text(url("pods", first.namespace, first.name))}">Why {text(first.name)}?</a>'
    hidden = f" You may not see: {', '.join(snapshot.hidden)}." if snapshot.hidden else ""
    said = said_of(namespace, snapshot.sentence + hidden)
    return Fragment("headline", ROOT, f'<p id="headline" class="headline">{with_terms(said)}{jump}</p>')


def _kind(node: NodeFacts) -> str:
    """Whose machine it is, and what it is."""
    return f"{node.kind}, {node.machine}" if node.machine else node.kind


def _css(kind: str) -> str:
    return f"kind-{kind.replace(' ', '-')}"


def _filters(live: Live, asked: Asked) -> str:
    """The form that chooses what is shown; it works without a script."""
    snapshot = live.model.snapshot()
    apps = sorted({pod.app for pod in snapshot.pods})
    owners = sorted(({pod.owner for pod in snapshot.pods} | {asked.get("owner")}) - {""})
    choices = (
        namespace_field(live, asked.get("ns")),
        choice("app", "App", [("", "all"), *((one, one) for one in apps)], asked.get("app")),
        choice("owner", "Owner", [("", "all"), *((one, one) for one in owners)], asked.get("owner")),
        choice("state", "State", [("", "all"), *((w, f"{SYMBOLS[w]} {w}") for w in WORDS)], asked.get("state")),
        choice("zoom", "Show", ZOOMS, asked.get("zoom")),
        moment_input("at", "At", asked.get("at"), "now"),
    )
    return (
        f'<form class="filters" method="get" action="/ui/">{"".join(choices)}<button type="submit">Show</button></form>'
    )


def _make(live: Live, asked: Asked) -> Page:
    lead = f"<p>{with_terms('Each box is a node. Inside are its pods, and inside each pod its containers.')}</p>"
    return Page("Picture", Picture(live, asked).render, lead + _filters(live, asked))


PICTURE = View(
    "",
    "Picture",
    _make,
    explains="Each large box is a node, each box in it a pod, and each small one a container. "
    "The symbol and the word say how it is. A dashed place says that one more is wanted. Choose a pod to ask why.",
    tells_of=PODS,
)

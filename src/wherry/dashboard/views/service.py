"""A service from inside: its REST API and its own database within one boundary, with the contracts on its edge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wherry.api.core.pod import PODS, Pod
from wherry.api.method.release import RELEASES, RUNNING, Release
from wherry.api.networking.networkpolicy import NETWORK_POLICIES
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import definitions, link, text, url, with_terms
from wherry.dashboard.puzzle.facts import SYMBOLS, JointFacts, MapFacts, PieceFacts
from wherry.dashboard.skeletons import skeleton_part, timebox_of
from wherry.dashboard.times import ago
from wherry.dashboard.views.picture import pod_piece
from wherry.dashboard.views.view import Asked, Page, View

INTERVAL_S = 1.0
PODS_SHOWN = 100
SHORT_CHARS = 12
ANSWERS = {"kept": "✓ kept", "broken": "✕ broken", "unseen": "? not seen", "none": "no database"}


class ServicePage:
    """One service in one namespace."""

    def __init__(self, live: Live, namespace: str, service: str) -> None:
        """It need not be there (any more)."""
        self._live = live
        self._namespace = namespace
        self._service = service

    async def render(self) -> Rendered:
        """Its pieces now."""
        from wherry.dashboard.puzzle.reading import piece_id, read_map

        facts = await read_map(self._live)
        piece = facts.by_id.get(piece_id(self._namespace, self._service))
        if piece is None:
            said = f"There is no service {self._service} in {self._namespace} (any more)."
            verdict = Fragment("verdict", ROOT, f'<p id="verdict" class="headline">{with_terms(said)}</p>')
            # A skeleton has a clock before anything of it runs.
            return Rendered([verdict, *await self._skeleton()], said)
        joints = [one for one in facts.joints if piece.id in (one.consumer, one.provider)]
        release = _current(await self._live.all(RELEASES), self._namespace, self._service)
        said = _sentence(piece, joints)
        pieces = [
            Fragment("verdict", ROOT, f'<p id="verdict" class="headline">{with_terms(said)}</p>'),
            Fragment("boundary", ROOT, '<div id="boundary" class="boundary">', "</div>"),
            Fragment("offers", "boundary", _edge("offers", "Offers to", "provider", piece, joints, facts)),
            Fragment(
                "inside",
                "boundary",
                f'<div id="inside" class="inside"><p class="title">{text(piece.service)}</p>',
                "</div>",
            ),
            Fragment("api", "inside", _api(piece)),
            Fragment("database", "inside", await self._database()),
            Fragment("settings", "inside", _settings(release)),
            Fragment("release", "inside", _release(release, self._live.now_s())),
            Fragment("needs", "boundary", _edge("needs", "Needs of", "consumer", piece, joints, facts)),
            *await self._skeleton(),
            *await self._pods(),
        ]
        return Rendered(pieces, said)

    async def _skeleton(self) -> list[Fragment]:
        timebox = await timebox_of(self._live, self._service)
        if timebox is None:
            return []
        return [Fragment("skeleton", ROOT, skeleton_part(timebox, self._live.now_s(), self._namespace))]

    async def _database(self) -> str:
        from wherry.dashboard.puzzle.own_database import judge_database

        found = judge_database(
            await self._live.all(PODS),
            await self._live.all(NETWORK_POLICIES),
            await self._live.surroundings.connections(),
            namespace=self._namespace,
            service=self._service,
        )
        step = f'<p class="next">Next: <code>{text(found.step)}</code></p>' if found.step else ""
        guard = f"<p>{with_terms(found.guard)}</p>" if found.guard else ""
        pods = _pod_links(found.databases)
        rule = f'<p><strong class="mark rule-{found.answer}">Own database: {ANSWERS[found.answer]}</strong></p>'
        return (
            f'<section id="database" class="part database {found.answer}"><h2>Database</h2>{pods}'
            f"{rule}<p>{with_terms(found.says)}</p>{guard}{step}</section>"
        )

    async def _pods(self) -> list[Fragment]:
        from wherry.method.contracts.unspoken import service_of

        facts = {pod.id: pod for pod in self._live.model.snapshot().pods}
        mine = [
            facts[str(pod.metadata.key)]
            for pod in await self._live.all(PODS)
            if pod.metadata.namespace == self._namespace
            and service_of(pod) == self._service
            and str(pod.metadata.key) in facts
        ]
        return [
            Fragment(
                "members", ROOT, f'<section id="members"><h2>{with_terms("Pods and containers")}</h2>', "</section>"
            ),
            Fragment(
                "pods", "members", f'<ul id="pods" class="pods" aria-label="pods of {text(self._service)}">', "</ul>"
            ),
            *(pod_piece(pod, "pods") for pod in mine[:PODS_SHOWN]),
        ]


def _title(piece: PieceFacts) -> str:
    return f'<p class="title">{text(piece.service)}</p>'


def _sentence(piece: PieceFacts, joints: Iterable[JointFacts]) -> str:
    if not piece.is_published and not piece.pods:
        return f"Others need {piece.service}, and nobody offers it yet."
    whose = f" of team {piece.team}" if piece.team else ""
    runs = f"{piece.pods} pod{'' if piece.pods == 1 else 's'}" if piece.pods else "no pods"
    broken = sum(one.word in ("Broken", "Drifting", "Unspoken") for one in joints)
    trouble = f" {broken} of its contracts need{'s' if broken == 1 else ''} care." if broken else ""
    return f"{piece.service} is a service{whose}, with {runs}.{trouble}"


def _edge(own: str, label: str, side: str, piece: PieceFacts, joints: Iterable[JointFacts], facts: MapFacts) -> str:
    """The contracts on one edge of the boundary."""
    items = ""
    for one in joints:
        here, there = (one.provider, one.consumer) if side == "provider" else (one.consumer, one.provider)
        if here == piece.id:
            other = facts.by_id[there]
            items += (
                f'<li class="tab {one.word.lower()}"><span class="mark {one.word.lower()}">'
                f'<span aria-hidden="true">{SYMBOLS[one.word]}</span> {one.word}</span> '
                f"{link(url('services', other.namespace, other.service), other.service)} "
                f"<small>{text(', '.join(one.requests))}</small></li>"
            )
    nobody = '<li class="tab nobody">nobody yet</li>' if side == "provider" else '<li class="tab nobody">nobody</li>'
    return f'<section id="{own}" class="edge"><h2>{label}</h2><ul>{items or nobody}</ul></section>'


def _api(piece: PieceFacts) -> str:
    said = "".join(f"<li><code>{text(one)}</code></li>" for one in piece.offers)
    body = f'<ul class="operations">{said}</ul>' if said else (
        '<p>No contract is published. Next: <code>wherry contract expose</code></p>'
    )  # fmt: skip
    return f'<section id="api" class="part api"><h2>REST API</h2>{body}</section>'


def _settings(release: Release | None) -> str:
    rows = [
        (one.key, text(one.value) if not one.hash else f"<em>{with_terms('secret')}</em>")
        for one in (release.spec.config if release else ())
    ]
    body = definitions(rows) if rows else "<p>A release notes its settings. None is known here.</p>"
    return f'<section id="settings" class="part"><h2>Configuration</h2>{body}</section>'


def _release(release: Release | None, now_s: float) -> str:
    if release is None:
        body = "<p>No release is known here. Next: <code>wherry release</code></p>"
    else:
        spec, status = release.spec, release.status
        since = f" ({ago(status.running_since, now_s)})" if status.running_since else ""
        rows = [
            ("Release", link(url("releases"), release.name)),
            ("Environment", text(spec.environment)),
            ("State", f"{text(status.state or 'never run')}{since}"),
            ("Commit", f"<code>{text(spec.revision[:SHORT_CHARS])}</code>{' and more' if spec.uncommitted else ''}"),
            ("Image", f"<code>{text(spec.digest.removeprefix('sha256:')[:SHORT_CHARS])}</code>"),
        ]
        body = definitions(rows)
    return f'<section id="release" class="part"><h2>Release</h2>{body}</section>'


def _pod_links(pods: Sequence[Pod]) -> str:
    items = "".join(
        f"<li>▤ {link(url('pods', pod.metadata.namespace, pod.metadata.name), pod.metadata.name)} "
        f"<small>{text(pod.spec.containers[0].image.partition('@')[0])}</small></li>"
        for pod in pods
    )
    return f'<ul class="operations">{items}</ul>' if items else ""


def _current(releases: Iterable[Release], namespace: str, service: str) -> Release | None:
    """The release that runs in a namespace, else the newest."""
    mine = [one for one in releases if (one.metadata.namespace, one.spec.service) == (namespace, service)]
    return max(mine, key=lambda one: (one.status.state == RUNNING, one.spec.number), default=None)


def _make(live: Live, asked: Asked) -> Page:
    namespace, service = asked.segments
    above = f"<p>{link(url('puzzle'), 'All services')}</p>"
    return Page(f"Inside {service}", ServicePage(live, namespace, service).render, above, interval_s=INTERVAL_S)


SERVICE = View(
    "services",
    "",
    _make,
    segments=2,
    explains="A microservice is one box: the REST API that others may call, and a database that only it may touch. "
    "On its edge are its contracts: to the left who relies on it, to the right whom it relies on.",
)

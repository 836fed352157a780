"""Reads the map: what the catalogue of contracts tells, the pods that run, and who talks to whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from wherry.api.core.pod import PODS, Pod
from wherry.api.core.pod_addresses import pods_by_address
from wherry.api.method.agreement import AGREEMENTS
from wherry.api.method.api import APIS
from wherry.api.method.comment import COMMENTS
from wherry.api.method.need import NEEDS
from wherry.api.method.release import RELEASES
from wherry.api.method.signature import SIGNATURES
from wherry.api.method.verification import VERIFICATIONS, Verification
from wherry.dashboard.listing import LiveLister
from wherry.dashboard.live import Live
from wherry.dashboard.puzzle.facts import JointFacts, MapFacts, PieceFacts, sentence
from wherry.dashboard.puzzle.gaps import find_gaps
from wherry.method.contracts.catalogue import client_authorities
from wherry.method.contracts.comments import open_remarks
from wherry.method.contracts.due import why_due
from wherry.method.contracts.overview import Piece, Puzzle, read_puzzle
from wherry.method.contracts.stand_in import LABEL as STAND_IN
from wherry.method.contracts.standing import Standing
from wherry.method.contracts.unspoken import find_unspoken, find_unused, read_connections, service_of
from wherry.method.model.reading import calls_of
from wherry.narrate.facts import PodFacts

# What looks after the cluster itself is nobody's service.
SYSTEM = ("kube-system", "kube-public", "kube-node-lease")
CATALOGUE = (APIS, NEEDS, AGREEMENTS, SIGNATURES, COMMENTS)


async def read_map(live: Live) -> MapFacts:
    """The map as this person may see it, now."""
    for resource in CATALOGUE:
        await live.all(resource)
    verifications = await live.all(VERIFICATIONS)
    puzzle = await read_puzzle(live.client, await authorities(live))
    pods = [pod for pod in await live.all(PODS) if pod.metadata.namespace not in SYSTEM and _piece_of(pod)]
    pieces = _pieces(puzzle, pods, {pod.id: pod for pod in live.model.snapshot().pods}, await environments(live))
    now = datetime.fromtimestamp(live.now_s(), UTC)
    joints = [_joint(one, verifications, now) for one in puzzle.contracts]
    table = await live.surroundings.connections()
    spoken = {(one.consumer, one.provider) for one in joints}
    joints += _unspoken(table, pods, spoken)
    shown, joined = tuple(pieces[key] for key in sorted(pieces)), tuple(joints)
    installed = live.following.reach(APIS) != "unknown"
    calls = await calls_of(LiveLister(live))
    unused = find_unused(read_connections(table), _owners(pods), spoken) if table else []
    return MapFacts(
        sentence=sentence(shown, joined),
        pieces=shown,
        joints=joined,
        sees_traffic=bool(table),
        is_installed=installed,
        gaps=tuple(find_gaps(shown, joined, calls, unused)),
    )


async def authorities(live: Live) -> tuple[bytes, ...]:
    """Who may say who a user is: what the cluster publishes, else what is known of this one."""
    known = live.surroundings.authorities
    return await client_authorities(live.client, known[0] if known else b"")


async def environments(live: Live) -> dict[str, str]:
    """Which environment a namespace is, by the releases in it."""
    return {one.metadata.namespace: one.spec.environment for one in await live.all(RELEASES)}


def piece_id(namespace: str, service: str) -> str:
    """What a piece is called among all others."""
    return f"{namespace}/{service}"


def _pieces(
    puzzle: Puzzle, pods: Iterable[Pod], facts: Mapping[str, PodFacts], environment: Mapping[str, str]
) -> dict[str, PieceFacts]:
    running: dict[tuple[str, str], list[PodFacts]] = {}
    played: set[tuple[str, str]] = set()
    for pod in pods:
        found = facts.get(f"{pod.metadata.namespace}/{pod.metadata.name}")
        if found is not None and found.state not in ("Done", "Stopping"):
            running.setdefault((pod.metadata.namespace, _piece_of(pod)), []).append(found)
            played.update([(pod.metadata.namespace, _piece_of(pod))] if STAND_IN in pod.metadata.labels else ())
    published = {(one.namespace, one.service): one for one in puzzle.pieces}
    made = {}
    for key in sorted(published.keys() | running.keys()):
        piece = published.get(key) or Piece(key[1], key[0], is_published=False)
        mine = running.get(key, [])
        made[piece_id(*key)] = PieceFacts(
            id=piece_id(*key),
            service=piece.service,
            namespace=piece.namespace,
            environment=environment.get(piece.namespace, ""),
            team=piece.team,
            offers=piece.offers,
            needs=piece.needs,
            pods=len(mine),
            troubled=sum(pod.needs_help for pod in mine),
            is_published=piece.is_published,
            is_played=key in played,
        )
    return made


def _joint(one: Standing, verifications: Iterable[Verification], now: datetime) -> JointFacts:
    homes = (one.consumer_namespace, one.provider_namespace)
    tried = [
        found
        for found in verifications
        if (found.spec.consumer, found.spec.provider) == (one.consumer, one.provider)
        and found.metadata.namespace in homes
    ]
    last = max(tried, key=lambda found: found.metadata.creation_timestamp, default=None)
    return JointFacts(
        id=f"{one.consumer_namespace}/{one.name}",
        name=one.name,
        consumer=piece_id(one.consumer_namespace, one.consumer),
        provider=piece_id(one.provider_namespace, one.provider),
        word=one.state.word,
        why=one.state.why,
        requests=one.requests,
        agreed_by=tuple(dict.fromkeys(f"{who.user} ({who.statement.team})" for who in one.signed)),
        missing=tuple(party.team or party.service for party in one.unsigned),
        verified_at=last.metadata.creation_timestamp if last else "",
        verdict=last.spec.result if last else "",
        open_comments=len(open_remarks(one.remarks)),
        due=why_due(one.facts, now) if one.facts is not None else "",
    )


def _owners(pods: Iterable[Pod]) -> dict[str, str]:
    """The piece of each address."""
    return {address: piece_id(pod.metadata.namespace, _piece_of(pod)) for address, pod in pods_by_address(pods).items()}


def _piece_of(pod: Pod) -> str:
    """The service that a pod is, or stands in for."""
    return service_of(pod) or pod.metadata.labels.get(STAND_IN, "")


def _unspoken(table: str, pods: Iterable[Pod], spoken: Collection[tuple[str, str]]) -> list[JointFacts]:
    owners = _owners(pods)
    found: dict[tuple[str, str], list[int]] = {}
    for one in find_unspoken(read_connections(table), owners, spoken):
        found.setdefault((one.consumer, one.provider), []).append(one.port)
    return [
        JointFacts(
            id=f"unspoken/{consumer}/{provider}",
            name="",
            consumer=consumer,
            provider=provider,
            word="Unspoken",
            why=f"{_name(consumer)} uses {_name(provider)} (port {', '.join(map(str, sorted(ports)))}): "
            "there is no contract between them.",
            requests=(),
            agreed_by=(),
            missing=(),
            verified_at="",
            verdict="",
        )
        for (consumer, provider), ports in sorted(found.items())
    ]


def _name(piece: str) -> str:
    return piece.partition("/")[2]

"""The map and the board of sixty services with two hundred contracts: how long a page takes, and one change on it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from statistics import median

import msgspec

from benchmarks.cluster import cpu_s
from benchmarks.dashboard.changes import Made as Change
from benchmarks.dashboard.crowd import one_by_one
from benchmarks.dashboard.figures import ms, show, show_times
from benchmarks.dashboard.stage import Reader, Stage, note_revisions, noted, painted_s, reading, staged
from suites.shop import KINDS, Made, digest, need, promise
from wherry.api.core.namespace import NAMESPACES
from wherry.api.method.agreement import AGREEMENTS
from wherry.api.method.api import APIS
from wherry.api.method.need import NEEDS
from wherry.api.method.proof import PROOFS, ProofSpec
from wherry.api.method.release import RELEASES, ReleaseSpec
from wherry.api.method.signature import SIGNATURES
from wherry.api.method.verification import VERIFICATIONS
from wherry.apimachinery.document import Document
from wherry.kit import pki
from wherry.kit.http.tls import KeyPair
from wherry.method.contracts.api import digest_of
from wherry.method.contracts.seal import Statement, seal
from wherry.method.crds import ensure_kinds

SPACE = "town"
SERVICES, CONTRACTS = 60, 200
STEPS_DOWN = (1, 3, 6, 10)
TRIED = ("logs", "config", "processes", "disposability")
PAGES = ("puzzle", "done", "releases", "ceremonies", "future", "next")
SHOWN = "puzzle"
LOADS, CHANGES = 5, 6
AT_ONCE = 16


async def measure(minutes: float) -> None:
    """All pages, then a change on the map."""
    async with staged("--simulated-nodes", "3") as stage:
        await fill(stage)
        reader = Reader(stage.cluster, (SHOWN,))
        floor_s, _ = await reader.load("/ui/glossary", LOADS)
        show_times("floor: a page about nothing of it", floor_s)
        for page in PAGES:
            await measure_page(stage, reader, page, floor_s)
        await measure_change(stage)


async def measure_page(stage: Stage, reader: Reader, page: str, floor_s: list[float]) -> None:
    """The first load reads what the page is about; the others have it."""
    (first_s,), size_bytes = await reader.load(f"/ui/{page}", 1)
    times_s, _ = await reader.load(f"/ui/{page}", LOADS)
    show_times(f"/ui/{page}, {size_bytes / 1e3:,.0f} KB; the first time {ms(first_s)}", times_s, floor_s=floor_s)
    if stage.context is not None:
        times_s = []
        for _ in range(LOADS):
            tab = await stage.load(f"/ui/{page}")
            times_s.append(await painted_s(tab))
            await tab.close()
        show(f"/ui/{page}, first paint", ms(median(times_s)))


async def measure_change(stage: Stage) -> None:
    """A provider serves something else: its contracts drift, which the map shows."""
    providers = [name_of(number) for number in range(CHANGES)]
    begun = 0

    async def change() -> Change:
        nonlocal begun
        begun += 1
        served: Document = {"digest": digest(f"other-{begun}"), "at": "2026-01-02T00:00:00Z", "by": "ana"}
        asked_s = time.time()
        made = await stage.client.patch(
            APIS, providers[begun % CHANGES], {"status": {"served": served}}, SPACE, subresource="status"
        )
        return Change(int(made.metadata.resource_version), asked_s)

    async with reading(stage.cluster, SHOWN) as reader:
        if stage.context is not None:
            page = await stage.open(f"/ui/{SHOWN}")
            await note_revisions(page)
        before_s = cpu_s(stage.cluster.pid)
        changes = await one_by_one(change, CHANGES, pause_s=2.0)
        cost_s = (cpu_s(stage.cluster.pid) - before_s) / CHANGES
        show_times(f"one contract changes: /ui/{SHOWN}, to the stream", reader.seen.delays_s(changes))
        show("  of the server's core", f"{ms(cost_s)} each, with all else of that time")
        if stage.context is not None:
            seen = await noted(stage.pages[-1])
            show_times(f"one contract changes: /ui/{SHOWN}, to the document", seen.delays_s(changes))


async def fill(stage: Stage) -> None:
    """Make all of it, many at once."""
    folder = stage.cluster.home / "pki"
    authority = KeyPair((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes())
    await ensure_kinds(stage.client, *KINDS)
    await stage.client.create(NAMESPACES, {"metadata": {"name": SPACE}})
    begun_s, turns = time.perf_counter(), asyncio.Semaphore(AT_ONCE)

    async def make(made: Made) -> None:
        async with turns:
            await stage.client.create(made.resource, made.document, made.namespace)
            if made.status is not None:
                await stage.client.patch(
                    made.resource, made.name, {"status": made.status}, made.namespace, subresource="status"
                )

    everything = [*town(authority)]
    await asyncio.gather(*(make(made) for made in everything))
    said = f"{len(everything):,} objects after {time.perf_counter() - begun_s:.1f} s"
    show(f"{SERVICES} services with {CONTRACTS} contracts", said)


def town(authority: KeyPair) -> Iterator[Made]:
    """Services that promise something, need others of a lower number, run a release and have been tried."""
    person = pki.issue(authority, "ana", client=True)
    promises = {name: promise(f"/{name}/{{id}}", title=name) for name in map(name_of, range(SERVICES))}
    for name, document in promises.items():
        yield from service(name, document)
    for number in range(CONTRACTS):
        consumer, provider = pair(number)
        yield from contract(person, consumer, provider, promises[provider], number)


def pair(number: int) -> tuple[str, str]:
    """Who needs whom: each of the last fifty services needs four with a smaller number."""
    turn, consumer = divmod(number, CONTRACTS // len(STEPS_DOWN))
    consumer += max(STEPS_DOWN)
    return name_of(consumer), name_of(consumer - STEPS_DOWN[turn])


def name_of(number: int) -> str:
    """What a service is called."""
    return f"s{number:02}"


def service(name: str, document: Document) -> Iterator[Made]:
    """Its promise, its release and its trials."""
    content: Document = {
        "service": name,
        "digest": digest_of(document),
        "version": "1",
        "document": json.dumps(document),
    }
    content |= {"team": f"team-{name}", "people": ["ana"], "port": 8080, "servedAt": "/openapi.json"}
    served: Document = {"digest": digest_of(document), "at": "2026-01-01T00:00:00Z", "by": "ana"}
    yield Made(APIS, {"metadata": {"name": name}, "spec": content}, SPACE, {"served": served})
    image = digest(name)
    spec = ReleaseSpec(
        service=name,
        number=1,
        environment="dev",
        image=f"{name}@{image}",
        digest=image,
        revision=image[7:47],
        source="https://git.example.com/town",
        by="ana",
        created_at="2026-01-01T09:00:00Z",
    )
    labels: Document = {"wherry.dev/service": name}
    metadata: Document = {"name": f"{name}-r1", "labels": labels}
    status: Document = {"state": "Running", "runningSince": "2026-01-01T09:05:00Z", "by": "ana"}
    yield Made(RELEASES, {"metadata": metadata, "spec": msgspec.to_builtins(spec)}, SPACE, status)
    for criterion in TRIED:
        tried = ProofSpec(
            service=name,
            criterion=criterion,
            release=f"{name}-r1",
            digest=image,
            verdict="Proved",
            says="It is so.",
            repeat=f"wherry prove {criterion}",
            started_at="2026-01-01T10:00:00Z",
            duration_seconds=1.0,
            environment="dev",
        )
        metadata = {"name": f"{name}-{criterion}", "labels": labels}
        yield Made(PROOFS, {"metadata": metadata, "spec": msgspec.to_builtins(tried)}, SPACE)


def contract(person: KeyPair, consumer: str, provider: str, promised: Document, number: int) -> Iterator[Made]:
    """A need, two signatures, and for every other one a trial."""
    name, wanted = f"{consumer}-{provider}", need(consumer, provider, f"/{provider}/1")
    who: Document = {"team": f"team-{consumer}", "people": ["ana"], "consumer": consumer}
    spec: Document = {**who, "provider": provider, "digest": digest_of(wanted), "document": json.dumps(wanted)}
    yield Made(NEEDS, {"metadata": {"name": name}, "spec": spec}, SPACE)
    parties: Document = {"consumer": consumer, "provider": provider, "providerNamespace": SPACE}
    yield Made(AGREEMENTS, {"metadata": {"name": name}, "spec": parties}, SPACE)
    for one in (consumer, provider):
        statement = Statement(consumer, provider, f"team-{one}", digest_of(promised), digest_of(wanted))
        sealed = msgspec.to_builtins(seal(statement, "ana", person))
        yield Made(SIGNATURES, {"metadata": {"name": f"{name}-{one}"}, "spec": sealed}, SPACE)
    if number % 2:
        trial: Document = {"consumer": consumer, "provider": provider, "apiDigest": digest_of(promised), "by": "ana"}
        trial |= {"needDigest": digest_of(wanted), "result": "Passed", "release": digest(provider)}
        trial |= {"trials": [{"name": "shows", "result": "Passed"}]}
        yield Made(VERIFICATIONS, {"metadata": {"name": f"{name}-1"}, "spec": trial}, SPACE)

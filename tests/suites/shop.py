"""A shop of seven services whose contracts are in every state there is: what a map, a board and a report show.

web ──Verified──> orders, web ──Agreed──> users, mobile ──Broken──> orders, billing ──Drifting──> orders,
orders ──Exposed──> stock, orders ──Proposed──> payments (which nobody has published)
"""

from __future__ import annotations

import copy
import datetime
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import msgspec

from suites.running_cluster import RunningCluster
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.pod import PODS
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS
from wherry.api.method.agreement import AGREEMENTS
from wherry.api.method.api import APIS
from wherry.api.method.board import BOARDS
from wherry.api.method.need import NEEDS
from wherry.api.method.proof import PROOFS, ProofObservation, ProofRun, ProofSpec, ProofTimeline
from wherry.api.method.release import RELEASES, ConfigEntry, ReleaseSpec
from wherry.api.method.signature import SIGNATURES
from wherry.api.method.verification import VERIFICATIONS
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.kit import pki
from wherry.kit.http.tls import KeyPair
from wherry.method.contracts.api import digest_of
from wherry.method.contracts.seal import Statement, seal
from wherry.method.crds import definition, ensure_kinds
from wherry.method.done.agreement import Agreement, Waiver
from wherry.method.done.board import Board
from wherry.method.done.history import record, with_review
from wherry.method.done.standard import Standard, standard_document
from wherry.method.evidence.observation import doubt, supports
from wherry.method.evidence.verdict import Verdict, Word

SPACE = "shop-dev"
KINDS = ("apis", "needs", "agreements", "signatures", "verifications", "comments", "releases", "proofs", "boards")
TEAMS = {"web": "front", "mobile": "front", "orders": "shop", "users": "shop", "stock": "depot", "billing": "money"}
PEOPLE = {"front": "ben", "shop": "ana", "depot": "cho", "money": "dee"}
DAYS = 4
TODAY = datetime.datetime.now(tz=datetime.UTC).date()
AGREED_ON = TODAY - datetime.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Made:
    """An object to create, and what its status becomes then."""

    resource: AnyResourceType
    document: Document
    namespace: str = SPACE
    status: Document | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        metadata = self.document["metadata"]
        assert isinstance(metadata, dict)
        return str(metadata["name"])


def on(day: int, time: str) -> str:
    """A time on one of the days of which the shop tells; its last day was yesterday, so that pictures show no years."""
    return f"{(TODAY - datetime.timedelta(days=DAYS - day + 1)).isoformat()}T{time}Z"


def promise(*paths: str, title: str, version: str = "1") -> Document:
    """An OpenAPI document whose operations answer with an id and a price."""
    schema: Document = {
        "type": "object",
        "required": ["id", "price"],
        "properties": {"id": {"type": "integer"}, "price": {"type": "number"}},
    }
    answer: Document = {"description": "It.", "content": {"application/json": {"schema": schema}}}
    operations: Document = {}
    for path in paths:
        operations[path] = {"get": {"responses": {"200": copy.deepcopy(answer)}}}
    return {"openapi": "3.1.0", "info": {"title": title, "version": version}, "paths": operations}


def need(consumer: str, provider: str, path: str, field: str = "price") -> Document:
    """A Pact file that asks for one field."""
    rules: Document = {"body": {f"$.{field}": {"matchers": [{"match": "number"}]}}}
    interaction: Document = {
        "description": f"shows {path}",
        "request": {"method": "GET", "path": path},
        "response": {"status": 200, "body": {field: 5}, "matchingRules": rules},
    }
    parties: Document = {"consumer": {"name": consumer}, "provider": {"name": provider}}
    return {**parties, "interactions": [interaction]}


PROMISES: dict[str, Document] = {
    "orders": promise("/orders/{id}", "/orders", title="Orders", version="3"),
    "users": promise("/users/{id}", title="Users"),
    "stock": promise("/stock/{id}", title="Stock"),
}
BEFORE = promise("/orders/{id}", title="Orders", version="2")
NEEDS_OF: dict[tuple[str, str], Document] = {
    ("web", "orders"): need("web", "orders", "/orders/42"),
    ("web", "users"): need("web", "users", "/users/7"),
    ("mobile", "orders"): need("mobile", "orders", "/orders/42", field="discount"),
    ("billing", "orders"): need("billing", "orders", "/orders/42"),
    ("orders", "stock"): need("orders", "stock", "/stock/9"),
    ("orders", "payments"): need("orders", "payments", "/payments/1"),
}


def contracts(ca: KeyPair, running: dict[str, str] | None = None) -> Iterator[Made]:
    """The promises, needs, signatures and trials. `running` is which images run behind a service, by its name."""
    digests = {service: digest_of(document) for service, document in PROMISES.items()}
    for service, document in PROMISES.items():
        spec: Document = {
            "service": service,
            "digest": digests[service],
            "version": "1",
            "document": json.dumps(document),
        }
        spec |= {"team": TEAMS[service], "people": [PEOPLE[TEAMS[service]]], "port": 8080, "servedAt": "/openapi.json"}
        served: Document = {"digest": digests[service], "at": on(1, "00:00:00"), "by": "ana"}
        yield Made(APIS, {"metadata": {"name": service}, "spec": spec}, status={"served": served})
    for (consumer, provider), document in NEEDS_OF.items():
        name = f"{consumer}-{provider}"
        who: Document = {"team": TEAMS[consumer], "people": [PEOPLE[TEAMS[consumer]]], "consumer": consumer}
        spec = {**who, "provider": provider, "digest": digest_of(document), "document": json.dumps(document)}
        yield Made(NEEDS, {"metadata": {"name": name}, "spec": spec})
        parties: Document = {"consumer": consumer, "provider": provider, "providerNamespace": SPACE}
        yield Made(AGREEMENTS, {"metadata": {"name": name}, "spec": parties})
    yield from signed(ca, "web", "orders", digests["orders"])
    yield from signed(ca, "web", "users", digests["users"])
    yield from signed(ca, "mobile", "orders", digest_of(BEFORE))
    yield from signed(ca, "billing", "orders", digest_of(BEFORE))
    trial: Document = {"consumer": "web", "provider": "orders", "apiDigest": digests["orders"], "by": "ana"}
    trial |= {"needDigest": digest_of(NEEDS_OF["web", "orders"]), "result": "Passed"}
    trial |= {"release": (running or {}).get("orders", "sha256:any"), "trials": [{"name": "shows", "result": "Passed"}]}
    yield Made(VERIFICATIONS, {"metadata": {"name": "web-orders-1"}, "spec": trial})


def signed(ca: KeyPair, consumer: str, provider: str, api_digest: str) -> Iterator[Made]:
    """The signatures of both teams under a contract."""
    for service in (consumer, provider):
        team = TEAMS[service]
        statement = Statement(consumer, provider, team, api_digest, digest_of(NEEDS_OF[consumer, provider]))
        spec = seal(statement, PEOPLE[team], identity(ca, PEOPLE[team]))
        name = f"{consumer}-{provider}-{team}"
        yield Made(SIGNATURES, {"metadata": {"name": name}, "spec": msgspec.to_builtins(spec)})


@cache
def identity(ca: KeyPair, user: str) -> KeyPair:
    """The key of a user, made once."""
    return pki.issue(ca, user, client=True)


def digest(word: str) -> str:
    """A digest for what has none."""
    return f"sha256:{hashlib.sha256(word.encode()).hexdigest()}"


def releases() -> Iterator[Made]:
    """Four releases of orders: two in dev, one in staging and prod each; one of web."""
    places = (
        ("orders", 1, "dev", "Replaced"),
        ("orders", 2, "prod", "Running"),
        ("orders", 3, "staging", "Running"),
        ("orders", 4, "dev", "Running"),
        ("web", 1, "dev", "Running"),
    )
    for service, number, environment, state in places:
        build = "a" if (service, environment) == ("orders", "prod") else "b"
        # As kustomize's generators name them: with a hash of their content.
        named = {"dev": "7tmfm2mbkf", "staging": "ddhk7c5k7c", "prod": "g78ffmft2k"}[environment]
        config = (
            ConfigEntry(source=f"ConfigMap/orders-{named}", key="PORT", value="8080"),
            ConfigEntry(source=f"ConfigMap/orders-{named}", key="GREETING", value=f"hello from {environment}"),
            ConfigEntry(source=f"Secret/orders-db-{named}", key="password", hash=digest(environment)[:20]),
        )
        spec = ReleaseSpec(
            service=service,
            number=number,
            environment=environment,
            image=f"{service}@{digest(service + build)}",
            digest=digest(service + build),
            revision=hashlib.sha256((service + build).encode()).hexdigest()[:40],
            source="https://git.example.com/shop",
            config=config,
            by="ana",
            created_at=on(number, "09:00:00"),
        )
        labels: Document = {"wherry.dev/service": service}
        document: Document = {
            "metadata": {"name": f"{service}-r{number}", "labels": labels},
            "spec": msgspec.to_builtins(spec),
        }
        status: Document = {"state": state, "runningSince": on(number, "09:05:00"), "by": "ana"}
        yield Made(RELEASES, document, SPACE if environment == "dev" else f"shop-{environment}", status)


TIMELINE = ProofTimeline(
    step_seconds=0.8, requests=(4, 20, 20, 8), failures=(0, 1, 0, 0), ready=(2, 1, 2, 2), marks=(0.4, 1.2)
)


def boards() -> Iterator[Made]:
    """How far orders has come in dev: two reviews, and what changed before and between them and since."""

    def judged(**words: Word) -> Board:
        return Board("orders", tuple(Verdict(name, word, f"{name}.") for name, word in words.items()))

    kept = record(None, judged(logs=Word.REFUTED, config=Word.NOT_SHOWN), at=on(1, "09:00:00"), release="orders-r1")
    kept = with_review(kept, "Sprint 1", "ana")
    kept = record(kept, judged(logs=Word.PROVED, config=Word.PROVED), at=on(2, "09:00:00"), release="orders-r1")
    kept = with_review(kept, "Sprint 2", "ana")
    now = judged(logs=Word.PROVED, config=Word.REFUTED, parity=Word.WAIVED)
    kept = record(kept, now, at=on(4, "11:00:00"), release="orders-r4", environment="dev")
    yield Made(BOARDS, {"metadata": {"name": "orders"}, "spec": msgspec.to_builtins(kept)})


def proofs() -> Iterator[Made]:
    """What was tried of orders: two things that are so, one that is not, and one of an earlier image."""
    tried = (
        ("logs", "Proved", "supports", "Every line came to the standard output within a second.", "b"),
        ("processes", "Proved", "supports", "What one copy wrote another one read.", "b"),
        ("config", "Refuted", "against", "Without GREETING it starts all the same.", "b"),
        ("disposability", "Proved", "supports", "It stopped in 0.8 s and lost nothing.", "a"),
    )
    for criterion, verdict, weight, says, build in tried:
        seen = ProofObservation(
            weight=weight,
            method="live",
            says=says,
            where="",
            fix="read it at start",
            repeat="kubectl logs deploy/orders",
        )
        spec = ProofSpec(
            service="orders",
            criterion=criterion,
            release="orders-r4" if build == "b" else "orders-r2",
            digest=digest("orders" + build),
            verdict=verdict,
            says=says,
            repeat=f"wherry prove {criterion}",
            started_at=on(4, "10:00:00"),
            duration_seconds=3.2,
            environment="dev",
            observations=(seen,),
            steps=(f"{on(4, '10:00:01')} A journey was played.", f"{on(4, '10:00:02')} A copy was killed."),
            timeline=TIMELINE if criterion == "logs" else ProofTimeline(),
            earlier=(ProofRun(at=on(3, "10:00:00"), verdict="Refuted"),) if criterion == "processes" else (),
        )
        document: Document = {
            "metadata": {"name": f"orders-{criterion}-{build}", "labels": {"wherry.dev/service": "orders"}},
            "spec": msgspec.to_builtins(spec),
        }
        yield Made(PROOFS, document)


def standards() -> Iterator[Made]:
    """What counts for orders, beside its release: a meaning that not all have agreed to, a waiver, what was read."""
    agreement = Agreement(
        team="shop",
        meaning={"logs": "One line of JSON for each event."},
        agreed={"logs": {"ana": AGREED_ON}},
        waiver=(Waiver(criterion="parity", who="ana", why="prod moves in March", until=datetime.date(2100, 3, 31)),),
    )
    read = {"codebase": [supports("One commit is behind it.")], "parity": [doubt("prod has another database.")]}
    document = standard_document("orders", Standard(agreement, ("ana", "eli"), read, on(4, "09:00:00")))
    yield Made(CONFIG_MAPS, document)


def spaces() -> Iterator[Made]:
    """Where it all lives."""
    for name in (SPACE, "shop-staging", "shop-prod"):
        yield Made(NAMESPACES, {"metadata": {"name": name}}, "")


def pods() -> Iterator[Made]:
    """One pod for some of the services, on a node; and the Service of orders."""
    for number, service in enumerate(("orders", "web", "users", "billing")):
        labels: Document = {"wherry.dev/service": service, "app": service, "wherry.dev/release": f"{service}-r4"}
        spec: Document = {"nodeName": "laptop", "containers": [{"name": service, "image": f"{service}:1"}]}
        status: Document = {
            "phase": "Running",
            "podIP": f"10.1.0.{number + 4}",
            "podIPs": [{"ip": f"10.1.0.{number + 4}"}],
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [_running(service)],
        }
        yield Made(PODS, {"metadata": {"name": f"{service}-1", "labels": labels}, "spec": spec}, status=status)
    database: Document = {"wherry.dev/service": "orders", "app": "orders-db"}
    spec = {"nodeName": "laptop", "containers": [{"name": "postgres", "image": "orders-db:18"}]}
    status = {"phase": "Running", "podIP": "10.1.0.9", "podIPs": [{"ip": "10.1.0.9"}]}
    status |= {"conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [_running("postgres")]}
    yield Made(PODS, {"metadata": {"name": "orders-db-0", "labels": database}, "spec": spec}, status=status)


def _running(name: str) -> Document:
    state: Document = {"running": {"startedAt": on(1, "00:00:00")}}
    return {"name": name, "ready": True, "restartCount": 0, "image": f"{name}:1", "imageID": "", "state": state}


def connection(source: int, target: int, port: int) -> str:
    """A line of the kernel's table: a pod has reached another one through a Service."""
    asked = f"src=10.1.0.{source} dst=10.96.3.7 sport=388 dport={port}"
    answered = f"src=10.1.0.{target} dst=10.1.0.{source} sport={port} dport=388"
    return f"ipv4 2 tcp 6 100 ESTABLISHED {asked} {answered}\n"


# billing talks to users without a contract, and orders to its own database.
CONNECTIONS = connection(7, 6, 8080) + connection(4, 9, 5432)
INTRUDER = connection(5, 9, 5432)


async def fill(client: Client, ca: KeyPair) -> None:
    """Make all of it in a cluster, through its API."""
    await ensure_kinds(client, *KINDS)
    account = Made(SERVICE_ACCOUNTS, {"metadata": {"name": "default"}})
    for made in (*spaces(), account, *pods(), *contracts(ca), *releases(), *proofs(), *boards(), *standards()):
        await client.create(made.resource, made.document, made.namespace)
        if made.status is not None:
            await client.patch(made.resource, made.name, {"status": made.status}, made.namespace, subresource="status")


def fill_with_kubectl(cluster: RunningCluster, ca: KeyPair) -> None:
    """The same in a cluster that runs, without the pods: a node of it would have to start them."""
    definitions = [definition(plural) for plural in KINDS]
    cluster.kubectl("apply", "-f", "-", text=_listed(definitions))
    cluster.kubectl("wait", "--for=condition=Established", "crd", *(f"{plural}.wherry.dev" for plural in KINDS))
    everything = [*spaces(), *contracts(ca), *releases(), *proofs(), *boards(), *standards()]
    cluster.kubectl("apply", "-f", "-", text=_listed([_whole(made) for made in everything]))
    for made in everything:
        if made.status is not None:
            name = f"{made.resource.plural}.{made.resource.group}/{made.name}"
            patch = json.dumps({"status": made.status})
            cluster.kubectl("-n", made.namespace, "patch", name, "--subresource=status", "--type=merge", "-p", patch)


def _whole(made: Made) -> Document:
    kind: Document = {"apiVersion": made.resource.api_version, "kind": made.resource.kind}
    metadata: Document = {"name": made.name}
    labels = made.document["metadata"]
    assert isinstance(labels, dict)
    metadata |= labels
    if made.namespace:
        metadata["namespace"] = made.namespace
    return {**kind, **made.document, "metadata": metadata}


def _listed(documents: list[Document]) -> str:
    items: list[object] = [*documents]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})

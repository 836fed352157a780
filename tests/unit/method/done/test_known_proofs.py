"""A verdict belongs to an image: whoever asks hears of it, wherever the image was tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from suites.fake_api import FakeApi
from wherry.api.method.proof import PROOFS, ProofObservation, ProofSpec
from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.errors import Forbidden, InternalError
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.client import Client
from wherry.kit.http.types import Request
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.stamping import SERVICE
from wherry.method.done.known_proofs import known_proofs
from wherry.method.done.proofs import keep_file, proof_name
from wherry.method.gate import gate
from wherry.method.project import Environment, Project, ProjectFile

DIGEST = "sha256:" + "b" * 64
PLACES = {"dev": Environment("d", "orders-dev"), "staging": Environment("s", "orders-staging", "far")}


@dataclass
class PlayedClusters(Clusters):
    """The clusters of the environments, by the kubeconfig that each names; one without an API cannot be reached."""

    apis: dict[str, FakeApi] = field(default_factory=dict)
    _clients: dict[str, Client] = field(default_factory=dict)

    def client(self, project: Project | None = None, environment: Environment | None = None) -> Client:
        name = environment.kubeconfig if environment is not None else ""
        if name not in self.apis:
            raise CannotDeliver("there is no cluster", "wherry up", 3)
        return self._clients.setdefault(name, self.apis[name].client())


def tried(weight: str, at: str, environment: str = "dev") -> ProofSpec:
    seen = ProofObservation(weight=weight, method="live", says=f"Seen {weight}.", fix="x", repeat="x")
    return ProofSpec(
        service="orders", criterion="logs", release="orders-r1", digest=DIGEST, verdict="Refuted",
        environment=environment, started_at=at, observations=(seen,),
    )  # fmt: skip


def put(api: FakeApi, namespace: str, proof: ProofSpec) -> None:
    metadata = {"name": proof_name(proof), "namespace": namespace, "labels": {SERVICE: proof.service}}
    api.put(PROOFS, {"metadata": metadata, "spec": msgspec.to_builtins(proof)}, namespace)


def played(**apis: FakeApi) -> PlayedClusters:
    return PlayedClusters(Path("/nowhere"), apis={"" if name == "here" else name: api for name, api in apis.items()})


def project(root: Path, **places: Environment) -> Project:
    return Project(root, ProjectFile("orders", {**PLACES, **places}))


async def asked(root: Path, clusters: Clusters, *, environment: str = "staging") -> tuple[tuple[str, ...], ...]:
    """What holds the release of an environment back in front of prod, and which clusters said nothing."""
    whole = project(root)
    spec = ReleaseSpec(service="orders", number=2, environment=environment, image="", digest=DIGEST)
    namespace = whole.environment(environment).namespace
    release = Release(metadata=ObjectMeta(name="orders-r2", namespace=namespace), spec=spec)
    client = clusters.client(whole, whole.environment(environment))
    passage = await gate(whole, release, "prod", client=client, clusters=clusters, kubectl=None)
    return tuple(one for one in passage.reasons if one.startswith("logs")), passage.silent


async def test_the_gate_hears_of_a_refutation_in_another_environment_and_on_another_cluster(tmp_path: Path) -> None:
    here, far = FakeApi(), FakeApi()
    put(here, "orders-dev", tried("against", "2026-01-02T00:00:00Z"))
    assert await asked(tmp_path, played(here=here, far=far)) == (("logs: Refuted. Seen against.",), ())


async def test_the_newest_trial_of_an_image_counts_wherever_it_was_made(tmp_path: Path) -> None:
    here, far = FakeApi(), FakeApi()
    put(here, "orders-dev", tried("against", "2026-01-02T00:00:00Z"))
    put(far, "orders-staging", tried("supports", "2026-01-03T00:00:00Z", "staging"))
    assert await asked(tmp_path, played(here=here, far=far)) == ((), ())
    keep_file(tmp_path, tried("against", "2026-01-04T00:00:00Z"))
    known = await known_proofs(played(here=here, far=far), project(tmp_path))
    assert [one.started_at[:10] for one in known.proofs] == ["2026-01-04", "2026-01-03", "2026-01-02"]


async def test_a_cluster_that_does_not_answer_holds_nobody_up_and_is_said(tmp_path: Path) -> None:
    reasons, silent = await asked(tmp_path, played(far=FakeApi()))
    assert reasons == ()
    assert silent == ("The cluster of dev does not answer (there is no cluster); what was proved there is not known.",)
    broken = FakeApi(before=_fail)
    known = await known_proofs(played(here=broken, far=FakeApi()), project(tmp_path))
    assert [one[:35] for one in known.silent] == ["The cluster of dev does not answer "]


def _fail(request: Request) -> None:
    raise InternalError("the disk is full")


def closed(part: str) -> FakeApi:
    """A cluster where nobody may look at the whole, nor at the namespaces with this in their path."""

    def before(request: Request) -> None:
        if request.path.endswith("/proofs") and ("/namespaces/" not in request.path or part in request.path):
            raise Forbidden("no")

    return FakeApi(before=before)


@pytest.mark.parametrize(
    ("refused", "found", "unread"), [("/namespaces/orders-prod/", 1, ["prod"]), ("", 0, ["dev", "prod"])]
)
async def test_who_may_not_look_everywhere_hears_what_their_namespaces_have_and_which_are_closed(
    tmp_path: Path, refused: str, found: int, unread: list[str]
) -> None:
    here = closed(refused)
    put(here, "orders-dev", tried("against", "2026-01-02T00:00:00Z"))
    known = await known_proofs(played(here=here, far=FakeApi()), project(tmp_path, prod=Environment("p")))
    assert len(known.proofs) == found
    assert known.silent == tuple(f"You may not read what was proved in {name}." for name in unread)


async def test_the_gate_stays_shut_where_nobody_may_read_what_was_refuted_of_what_runs(tmp_path: Path) -> None:
    far = closed("")
    put(far, "orders-staging", tried("against", "2026-01-02T00:00:00Z", "staging"))
    with pytest.raises(Forbidden):
        await asked(tmp_path, played(here=FakeApi(), far=far))


@pytest.mark.parametrize("error", [InternalError("the disk is full"), TimeoutError()])
async def test_the_gate_stays_shut_where_the_cluster_of_what_runs_is_silent(tmp_path: Path, error: Exception) -> None:
    def before(request: Request) -> None:
        if request.path.endswith("/proofs"):
            raise error

    with pytest.raises(type(error)):
        await asked(tmp_path, played(here=FakeApi(), far=FakeApi(before=before)))


async def test_a_closed_namespace_beside_that_of_what_runs_is_named_and_holds_nobody_up(tmp_path: Path) -> None:
    here = closed("/namespaces/orders-dev/")
    whole = project(tmp_path, staging=Environment("s"))
    put(here, "orders-staging", tried("against", "2026-01-02T00:00:00Z", "staging"))
    known = await known_proofs(played(here=here), whole)
    assert (len(known.proofs), known.silent) == (1, ("You may not read what was proved in dev.",))

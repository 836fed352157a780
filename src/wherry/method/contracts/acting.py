"""What teams do about contracts: expose a promise, propose a need, agree, verify, and see how everything stands."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import orjson

from wherry.api.method.agreement import AGREEMENTS, Agreement
from wherry.api.method.api import APIS, ApiSpec
from wherry.api.method.api import Api as ApiObject
from wherry.api.method.need import NeedSpec
from wherry.api.method.signature import SIGNATURES
from wherry.api.method.verification import VERIFICATIONS, Trial, VerificationSpec
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, Conflict, Forbidden, NotFound, ServiceUnavailable
from wherry.apimachinery.timestamps import parse_time
from wherry.client.client import Client
from wherry.kit.http.tls import KeyPair
from wherry.method.contracts.catalogue import (
    Entry,
    as_json,
    contract_name,
    ensure_catalogue,
    publish_api,
    publish_need,
    read_catalogue,
)
from wherry.method.contracts.comments import open_remarks
from wherry.method.contracts.need import Need
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.replay import Outcome, Prepare, overall, replay
from wherry.method.contracts.running_service import RunningService
from wherry.method.contracts.seal import Statement, seal
from wherry.method.contracts.sources import Provided
from wherry.method.contracts.standing import read_entry
from wherry.method.contracts.state import State, compute_state, has_signed
from wherry.method.contracts.words import listed
from wherry.method.project import Project

NOTED_S = 600
"""How old the note of what a service serves becomes before whoever looks makes it again."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, where: a user of the cluster, in the namespace of a team.

    `identity` is the certificate by which the cluster knows the user, None for those with a token; `ca_pems` are the
    cluster's authorities for users.
    """

    client: Client
    namespace: str
    user: str
    identity: KeyPair | None = None
    ca_pems: tuple[bytes, ...] = ()


async def expose(
    actor: Actor, project: Project, promise: Provided, people: tuple[str, ...]
) -> tuple[ApiObject, str | None]:
    """Publish what a service promises, and look whether it serves just that; the digest that it serves."""
    await ensure_catalogue(actor.client)
    service = project.file.service
    spec = ApiSpec(
        service=project.name,
        digest=promise.api.digest,
        team=project.file.team or project.name,
        people=people,
        version=promise.api.version,
        document=as_json(promise.text.data),
        port=service.port,
        served_at=service.served_at,
    )
    made = await publish_api(actor.client, actor.namespace, spec)
    return made, await look(actor, made)


async def look(actor: Actor, api: ApiObject) -> str | None:
    """Ask a running service for its contract, and note what it serves for those who may not ask; the digest.

    "" when it was asked and serves none, which is noted as well; None when nobody could be asked, and the last note
    stays.
    """
    home, spec = api.metadata.namespace, api.spec
    running = RunningService(actor.client, home, spec.service, spec.port)
    served = await running.served_digest(spec.served_at) if spec.served_at else None
    noted = api.status.served
    if served is not None and (served != noted.digest or _is_old(noted.at)):
        seen: Document = {"digest": served, "at": now(), "by": actor.user}
        await _note(actor, APIS.url(home, api.metadata.name, "status"), {"served": seen})
    return served


def _is_old(at: str) -> bool:
    """Whether a note is so old that it is made again, though it says the same; one that was never made is."""
    return not at or datetime.now(UTC).timestamp() - parse_time(at) > NOTED_S


async def propose(
    actor: Actor, project: Project, need: Need, people: tuple[str, ...], provider_namespace: str = ""
) -> Agreement:
    """Publish what a service needs of another, and open a contract with it. Raises NotPossible."""
    await ensure_catalogue(actor.client)
    home = _choose((await read_catalogue(actor.client)).apis, need.provider, provider_namespace)
    spec = NeedSpec(
        consumer=project.name,
        provider=need.provider,
        digest=need.digest,
        team=project.file.team or project.name,
        people=people,
        document=as_json(need.content),
    )
    await publish_need(actor.client, actor.namespace, spec)
    name = contract_name(project.name, need.provider)
    parties: Document = {"consumer": project.name, "provider": need.provider, "providerNamespace": home}
    try:
        return await actor.client.create(AGREEMENTS, {"metadata": {"name": name}, "spec": parties}, actor.namespace)
    except AlreadyExists:
        return await actor.client.get(AGREEMENTS, name, actor.namespace)


def _choose(published: Sequence[ApiObject], provider: str, wanted: str) -> str:
    homes = [one.metadata.namespace for one in published if one.spec.service == provider]
    if wanted:
        return wanted
    if len(homes) > 1:
        raise NotPossible(f"{provider} is promised in {listed(homes)}", "choose one with --provider-namespace")
    near = difflib.get_close_matches(provider, [one.spec.service for one in published], n=1)
    if not homes and near:
        raise NotPossible(
            f"{provider} has published no contract",
            f"if you mean {near[0]}: write so as the provider, in contracts/needs",
        )
    if not homes:
        raise NotPossible(
            f"{provider} has published no contract",
            f"ask its team for: wherry contract expose; or name its namespace: --provider-namespace {provider}-dev",
        )
    return homes[0]


async def entries(
    actor: Actor,
    *,
    service: str = "",
    only: str = "",
    spaces: Collection[str] = (),
    skipped: Callable[[str], None] | None = None,
) -> list[tuple[Entry, State]]:
    """The contracts of a service, or of everybody, and how each stands; what kubectl shows is brought up to date.

    Args:
        actor: who looks.
        service: a party; "" for all.
        only: the name of one contract; "" for all.
        spaces: where the service is at home: another one of the same name elsewhere is somebody else.
        skipped: is told of contracts that cannot be read; without it, the first one raises BrokenDocument.
    """
    catalogue = await read_catalogue(actor.client)
    found = []
    for agreement in catalogue.agreements:
        if (service and not _is_party(agreement, service, spaces)) or (only and agreement.metadata.name != only):
            continue
        api = catalogue.api(agreement.spec.provider_namespace, agreement.spec.provider)
        served = await look(actor, api) if api is not None else None
        try:
            entry = await read_entry(actor.client, catalogue, agreement, actor.ca_pems, served=served)
        except BrokenDocument as error:
            if skipped is None:
                raise
            skipped(f"{agreement.metadata.name} cannot be read: {error}")
            continue
        if entry is not None:
            state = compute_state(entry.facts)
            await _show(actor, agreement, state)
            found.append((entry, state))
    return found


def _is_party(agreement: Agreement, service: str, spaces: Collection[str]) -> bool:
    spec = agreement.spec
    sides = ((spec.consumer, agreement.metadata.namespace), (spec.provider, spec.provider_namespace))
    return any(name == service and (not spaces or home in spaces) for name, home in sides)


async def promised(actor: Actor, service: str) -> tuple[ApiObject | None, str | None]:
    """The promise of a service in the actor's namespace, and the digest that what runs serves. Raises NoCatalogue."""
    api = (await read_catalogue(actor.client)).api(actor.namespace, service)
    return api, await look(actor, api) if api is not None else None


async def _show(actor: Actor, agreement: Agreement, state: State) -> None:
    agreed, verified = state.condition("Agreed"), state.condition("Verified")
    shown: Document = {
        "state": state.word,
        "agreed": "yes" if agreed.holds else "no",
        "verified": "yes" if verified.holds else "no",
        "message": state.why,
    }
    was = agreement.status
    if (was.state, was.agreed, was.verified, was.message) != tuple(shown.values()):
        await _note(actor, AGREEMENTS.url(agreement.metadata.namespace, agreement.metadata.name, "status"), shown)


async def _note(actor: Actor, path: str, status: Document) -> None:
    """Write a status for others to see, if we may. It is never believed: everybody computes it anew."""
    try:
        await actor.client.request(
            "PATCH", path, body=orjson.dumps({"status": status}), content_type="application/merge-patch+json"
        )
    except (Forbidden, NotFound, Conflict):
        return


async def agree(actor: Actor, project: Project, entry: Entry) -> Statement | None:
    """Sign, for the project's team, what both sides say now; None when the person has, and nobody has spoken since.

    Raises NotPossible.
    """
    facts, spec = entry.facts, entry.agreement.spec
    is_provider = (project.name, actor.namespace) == (spec.provider, spec.provider_namespace)
    party = facts.provider if is_provider or project.name != spec.consumer else facts.consumer
    if facts.api is None:
        raise NotPossible(f"{facts.provider.service} has published no contract", "there is nothing to sign yet")
    if actor.user not in party.people:
        raise NotPossible(
            f"{actor.user} may not sign for {party.team} ({listed(party.people) or 'nobody'} may)",
            f"sign as {party.people[0]}: --kubeconfig FILE, which wherry user add {party.people[0]} makes; or name "
            "yourself in contracts/parties.yaml, and expose or propose again"
            if party.people
            else "name the people in contracts/parties.yaml, and expose or propose again",
        )
    identity = key_of(actor)
    if has_signed(facts, party, actor.user) and not open_remarks(entry.remarks):
        return None
    statement = Statement(
        facts.consumer.service, facts.provider.service, party.team, facts.api.digest, facts.need.digest
    )
    sealed = seal(statement, actor.user, identity)
    metadata: Document = {"generateName": f"{entry.agreement.metadata.name}-"}
    await actor.client.create(SIGNATURES, {"metadata": metadata, "spec": msgspec.to_builtins(sealed)}, actor.namespace)
    return statement


def key_of(actor: Actor) -> KeyPair:
    """What somebody signs with. Raises NotPossible for those who have none."""
    if actor.identity is None:
        raise NotPossible(
            f"{actor.user} has no certificate to sign with",
            f"sign in with a certificate: wherry user add {actor.user}, and --kubeconfig FILE",
        )
    return actor.identity


async def verify(
    actor: Actor, entry: Entry, *, twin: str = "", base: str = "", prepare: Prepare | None = None
) -> tuple[str, list[Outcome]]:
    """Try the need on the running service (or on its twin), and put down what came of it. Raises NotPossible."""
    facts = entry.facts
    if facts.api is None or entry.api is None:
        raise NotPossible(f"{facts.provider.service} has published no contract", "there is nothing to verify yet")
    home = twin or entry.api.metadata.namespace
    running = RunningService(actor.client, home, facts.provider.service, entry.api.spec.port)
    release = await running.release()
    try:
        outcomes = await replay(facts.need, facts.api, running, base=base, is_twin=bool(twin), prepare=prepare)
    except (NotFound, ServiceUnavailable) as error:
        raise NotPossible(
            f"{facts.provider.service} does not run in {home}: {error.message}",
            f"let its team start it: wherry run     (in the folder of {facts.provider.service})",
        ) from error
    result = overall(outcomes)
    spec = VerificationSpec(
        consumer=facts.consumer.service,
        provider=facts.provider.service,
        api_digest=facts.api.digest,
        need_digest=facts.need.digest,
        release=release or "unknown",
        result=result,
        trials=tuple(Trial(name=one.name, result=one.result, message=one.message) for one in outcomes),
        by=actor.user,
    )
    body: Mapping[str, object] = {
        "metadata": {"generateName": f"{entry.agreement.metadata.name}-"},
        "spec": msgspec.to_builtins(spec),
    }
    await actor.client.create(VERIFICATIONS, dict(body), actor.namespace)
    return result, outcomes


def now() -> str:
    """This moment, as objects have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

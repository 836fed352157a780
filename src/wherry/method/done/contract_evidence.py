"""What the cluster's catalogue shows of a service's contracts at this moment, as observations of their criteria.

It is looked up whenever a board is made, and kept nowhere: a signature may come, or lose its meaning, at any time and
without a new release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from wherry.api.method.api import Api
from wherry.api.method.release import RUNNING, Release
from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.apimachinery.timestamps import parse_time
from wherry.client.client import Client
from wherry.method.contracts.acting import Actor, entries, promised
from wherry.method.contracts.catalogue import NoCatalogue, client_authorities, last_look, read_published_api
from wherry.method.contracts.comments import open_remarks, words_of
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.standing import Standing, standing
from wherry.method.contracts.state import seen_last
from wherry.method.evidence.observation import Method, Observation, Weight, against, doubt, not_applicable
from wherry.method.facts.facts import ContractFacts

LIST = "wherry contract list"
Evidence = Mapping[str, Sequence[Observation]]


@dataclass(frozen=True, slots=True)
class Published:
    """The service's own promise: the digest in the catalogue, the path of it, and what is served there.

    `served` is "" when no contract is served, None when nobody has seen it; `seen_at` is when that was ("": just now).
    `other` names the namespace where that was, when another release than the one that is judged has answered.
    """

    digest: str
    served: str | None = None
    served_at: str = ""
    seen_at: str = ""
    other: str = ""


async def contract_evidence(
    client: Client, release: Release, namespaces: Iterable[str], contracts: ContractFacts, *, known_ca: bytes = b""
) -> Evidence:
    """Read the catalogue and ask what runs; nothing where there is no catalogue, or we may not read it.

    Args:
        client: whose rights count.
        release: the one that is judged; what another one answers does not refute it.
        namespaces: where its environments are.
        contracts: what its files say; the default when they are not here.
        known_ca: the authority of the kubeconfig.
    """
    spaces, service = tuple(namespaces), release.spec.service
    authorities = await client_authorities(client, known_ca)
    unread: list[str] = []
    try:
        actor = Actor(client, next(iter(spaces), ""), "", ca_pems=authorities)
        found = await entries(actor, service=service, spaces=spaces, skipped=unread.append)
        published = [one for space in spaces if (one := await _published(client, space, release)) is not None]
    except (NoCatalogue, Forbidden):
        return {}
    standings = [standing(entry) for entry, _ in found]
    mine = [
        one
        for one in standings
        if (one.consumer == service and one.consumer_namespace in spaces)
        or (one.provider == service and one.provider_namespace in spaces)
    ]
    seen = observe(service, contracts, published, mine)
    return {**seen, "contract-explicit": [*seen["contract-explicit"], *map(_unread, unread)]}


async def noted_evidence(
    client: Client, release: Release, apis: Iterable[Api], contracts: Iterable[Standing]
) -> Evidence:
    """What a catalogue says of a release to those who only look: no service is asked, the last notes count."""
    me = (release.metadata.namespace, release.spec.service)
    mine = [
        one
        for one in contracts
        if me in ((one.consumer_namespace, one.consumer), (one.provider_namespace, one.provider))
    ]
    published = [
        await _published_as(client, api, release) for api in apis if (api.metadata.namespace, api.spec.service) == me
    ]
    return observe(me[1], ContractFacts(), published, mine) if published or mine else {}


def _unread(words: str) -> Observation:
    return _live(doubt(f"{words}.", fix="publish it again: wherry contract propose"))


async def _published(client: Client, namespace: str, release: Release) -> Published | None:
    api, served = await promised(Actor(client, namespace, ""), release.spec.service)
    return await _published_as(client, api, release, served) if api is not None else None


async def _published_as(client: Client, api: Api, release: Release, served: str | None = None) -> Published:
    """A promise and what is served of it: what was just seen, else what was noted when it could be asked last."""
    try:
        digest = (await read_published_api(client, api)).digest
    except (BrokenDocument, StatusError):
        digest = ""
    look = last_look(api, served)
    home = api.metadata.namespace
    return Published(
        digest, look.served, api.spec.served_at, look.at, "" if _has_answered(release, home, look.at) else home
    )


def _has_answered(release: Release, namespace: str, seen_at: str) -> bool:
    """Whether what answered in a namespace was this very release. Pure."""
    status = release.status
    if release.metadata.namespace != namespace or status.state != RUNNING:
        return False
    return not (seen_at and status.running_since) or parse_time(seen_at) >= parse_time(status.running_since)


def observe(
    service: str, contracts: ContractFacts, published: Sequence[Published], standings: Sequence[Standing]
) -> Evidence:
    """Observations by criterion, from what is known. Pure."""
    return {
        "contract-explicit": [_explicit(one) for one in standings],
        "contract-exposed": list(_exposed(service, contracts, published)),
        "contract-agreed": [_agreed(one) for one in standings] or [_nobody(contracts)],
        "contract-verified": [_verified(one) for one in standings],
    }


def _live(seen: Observation) -> Observation:
    return replace(seen, method=Method.LIVE)


def _shown(says: str) -> Observation:
    return Observation(Weight.SUPPORTS, says, method=Method.LIVE)


def _explicit(one: Standing) -> Observation:
    condition = one.state.condition("Explicit")
    if condition.holds:
        return _shown(f"{one.name}: {condition.why}")
    fix = "change the promise or the need until the two fit: wherry breaks"
    return _live(against(f"{one.name}: {condition.why}", fix=fix, repeat=LIST))


def _exposed(service: str, contracts: ContractFacts, published: Sequence[Published]) -> Iterable[Observation]:
    if not published and contracts.path:
        yield _live(doubt(f"The promise of {service} is not published in this cluster.", fix="wherry contract expose"))
    for one in published:
        when = seen_last(one.seen_at)
        if contracts.digest and one.digest != contracts.digest:
            says = "The repository promises something else than what is published."
            yield _live(doubt(says, contracts.path, fix="wherry contract expose"))
        elif one.served is None:
            says = f"Nobody has seen {service} serve its contract at {one.served_at or 'any path'}."
            yield _live(doubt(says, fix="wherry contract list, while it runs"))
        elif not one.served:
            says = f"{service} was asked for its contract at {one.served_at}, and serves none{when}."
            fix = f"answer GET {one.served_at} with the contract, or correct served_at"
            yield _live(_wrong(one, says, fix=fix, repeat=LIST))
        elif one.served != one.digest:
            says = f"{service} serves another contract at {one.served_at} than it has published{when}."
            fix = "release what was published, or publish what runs: wherry contract expose"
            yield _live(_wrong(one, says, fix=fix, repeat="wherry contract expose"))
        else:
            yield _shown(f"{service} serves at {one.served_at} just what it has published{when}.")


def _wrong(one: Published, says: str, *, fix: str, repeat: str) -> Observation:
    """What refutes the release that has answered leaves every other one open: it may be what mends that."""
    if one.other:
        return doubt(f"{says} That was another release, in {one.other}.", fix=fix)
    return against(says, fix=fix, repeat=repeat)


def _nobody(contracts: ContractFacts) -> Observation:
    if contracts.needs:
        names = ", ".join(need.provider for need in contracts.needs)
        return _live(doubt(f"Nobody has proposed a contract with {names} yet.", fix="wherry contract propose"))
    return _live(not_applicable("Nobody has said yet that they need it, so there is nobody to agree with."))


def _agreed(one: Standing) -> Observation:
    condition = one.state.condition("Agreed")
    says = f"{one.name}: {condition.why}{_open(one)}"
    if condition.holds:
        return _shown(says)
    if one.signed_before:
        fix = "talk about what has changed, and sign again: wherry contract agree"
        return _live(against(f"{says} What both had signed has changed since.", fix=fix, repeat=LIST))
    return _live(doubt(says, fix="each team signs: wherry contract agree"))


def _open(one: Standing) -> str:
    """What people have said about it that nobody has settled yet."""
    said = open_remarks(one.remarks)
    if not said:
        return ""
    count = "1 comment is" if len(said) == 1 else f"{len(said)} comments are"
    return f" {count} open, the last by {words_of(said[-1])}"


def _verified(one: Standing) -> Observation:
    condition = one.state.condition("Verified")
    if condition.holds:
        return _shown(f"{one.name}: {condition.why}")
    says = f"{one.name}: {condition.why}"
    if one.last_result == "Failed":
        fix = "answer as the contract says, or agree on another one"
        return _live(against(says, fix=fix, repeat=f"wherry contract verify {one.name}"))
    return _live(doubt(says, fix=f"wherry contract verify {one.name} --twin"))

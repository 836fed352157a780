"""Trials that start by themselves: when a release runs or goes on, and when a promise or a need is published.

What is due is tried; what needs a twin gets one. A trial is never a reason for a stage to fail: what it says is put
down, the gate of the next promotion reads it, and what could not be tried is said, with the command that tries it.
"""

from __future__ import annotations

from collections.abc import Iterable

from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.cli.output import Trouble, note
from wherry.cli.verifying import NEW, Tried, Verifying
from wherry.client.client import Client
from wherry.method.contracts.acting import Actor, entries
from wherry.method.contracts.catalogue import Entry, NoCatalogue, client_authorities
from wherry.method.contracts.due import beyond_nights, by_hand, needs_twin, this_moment, why_due
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.state import State
from wherry.method.delivery.requester import requester
from wherry.method.project import Project

HANDS = "wherry contract verify --twin"


async def try_due(project: Project, client: Client, namespace: str, known_ca: bytes = b"") -> list[Tried]:
    """Try what is due of the needs on the service in a namespace; what came of it is said, too."""
    authorities = await client_authorities(client, known_ca)
    actor = Actor(client, namespace, await requester(client, ""), ca_pems=authorities)
    try:
        found = await needs_on(project, actor)
    except (NoCatalogue, Forbidden):
        return []
    except (StatusError, OSError) as error:
        note(f"   No contract was tried: {error}. Next: wherry contract list")
        return []
    return await try_these(project, actor, found, with_twin=True)


def note_nights(found: Iterable[tuple[Entry, State]]) -> None:
    """What of the needs no trial at night can do, and what does it."""
    for entry, _ in found:
        if said := beyond_nights(entry.facts):
            name = entry.agreement.metadata.name
            note(f"   {name}: {said} {by_hand(entry.facts, name)}")


async def try_published(project: Project, actor: Actor) -> list[Tried]:
    """Try what a new promise or a new need has made due, on what runs, with the rights of whoever has published it."""
    found = await entries(actor, service=project.name, spaces=(actor.namespace,), skipped=note)
    return await try_these(project, actor, found, with_twin=False)


async def needs_on(project: Project, actor: Actor) -> list[tuple[Entry, State]]:
    """The contracts in which the project's service, in the actor's namespace, is the one that is needed."""
    found = await entries(actor, service=project.name, spaces=(actor.namespace,), skipped=note)
    here = (project.name, actor.namespace)
    return [one for one in found if (one[0].facts.provider.service, one[0].agreement.spec.provider_namespace) == here]


async def try_these(
    project: Project, actor: Actor, found: Iterable[tuple[Entry, State]], *, with_twin: bool
) -> list[Tried]:
    """Try those that are due and can be tried, and say what came of it."""
    due = [entry for entry, state in found if why_due(entry.facts, this_moment()) and _can_be_tried(entry, state)]
    apart = [entry for entry in due if with_twin and needs_twin(entry.facts)]
    together = [entry for entry in due if entry not in apart]
    tried = await _tried(Verifying(project, "", ""), actor, together)
    tried += await _tried(Verifying(project, "", NEW), actor, apart)
    for one in tried:
        passed = sum(outcome.result == "Passed" for outcome in one.outcomes)
        note(f"   {one.contract}: {one.result}. {passed} of {len(one.outcomes)} requests got what they need.")
        for outcome in one.outcomes:
            if outcome.result == "Failed":
                note(f"     {outcome.name}: {outcome.message}")
    return tried


def _can_be_tried(entry: Entry, state: State) -> bool:
    """Whether what runs is what is published: else a trial would blame it for what it does not say of itself."""
    name = entry.agreement.metadata.name
    for condition in (state.condition("Explicit"), state.condition("Exposed")):
        if not condition.holds:
            note(f"   {name} is due and was not tried: {condition.why}")
            return False
    return True


async def _tried(verifying: Verifying, actor: Actor, found: list[Entry]) -> list[Tried]:
    try:
        return await verifying.these(actor, found)
    except (Trouble, NotPossible, StatusError, OSError) as error:
        why = error.message if isinstance(error, Trouble | StatusError) else str(error)
        names = ", ".join(one.agreement.metadata.name for one in found)
        note(f"   {names} could not be tried: {why}. It is due: {HANDS}")
        return []

"""C4, live: every answer of the journey is held against the promise, and every partner's need is tried on the twin."""

from __future__ import annotations

from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.method.contracts.acting import Actor, entries, verify
from wherry.method.contracts.api import Api
from wherry.method.contracts.catalogue import NoCatalogue
from wherry.method.contracts.provider_states import preparation
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.replay import Outcome, breaches
from wherry.method.contracts.running_service import RunningService
from wherry.method.contracts.sources import provided
from wherry.method.delivery.requester import requester
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, remark, shown
from wherry.method.journey.play import Answer, CannotCall
from wherry.method.journey.proxy import service_port
from wherry.method.project import NotAProject
from wherry.method.twins.twin import Twin

FIX = "answer as the contract says, or agree on another contract"


async def run(twin: Twin) -> list[Observation]:
    """Does what runs keep the promise, towards everybody and towards each partner?"""
    try:
        promise = provided(twin.project).api
    except NotAProject:
        return [remark("It promises nothing to others: what it needs is tried where its partners run.")]
    except BrokenDocument as error:
        return [open_question(f"The promise itself cannot be read: {error.message}.")]
    return [*await _everybody(twin, promise), *await _partners(twin)]


async def _everybody(twin: Twin, promise: Api) -> list[Observation]:
    if twin.journey is None:
        return [open_question("There is no journey to play, so nothing was asked.", "write one in journeys/")]
    port = await service_port(twin.client, twin.namespace, twin.service, wanted=twin.project.file.service.port)
    running = RunningService(twin.client, twin.namespace, twin.service, port)
    count = 0
    wrong: list[str] = []

    async def call(method: str, path: str, body: object) -> Answer:
        nonlocal count
        place, _, query = path.partition("?")
        try:
            answered = await running.ask_json(method, place, query, body)
        except (ConnectionError, TimeoutError, StatusError) as error:
            raise CannotCall(f"{twin.service} does not answer: {error}") from error
        count += 1
        wrong.extend(breaches(method, place, answered, promise))
        return Answer(answered.status, answered.content)

    played = await twin.play(call)
    if wrong:
        return [refuted(wrong[0], "contract-verified", fix=FIX)]
    if played.trouble:
        return [open_question(f"The journey does not pass: {played.trouble}.")]
    return [shown(f"{count} answers of the journey were held against the promise, and all are as it says.")]


async def _partners(twin: Twin) -> list[Observation]:
    """Each need that the catalogue knows, with the states that it asks for; what came of it is recorded there."""
    client, spaces = twin.client, twin.project.namespaces
    actor = Actor(client, twin.release.metadata.namespace, await requester(client, ""))
    command = twin.project.file.admin.get("states")
    prepare = preparation(client, twin.namespace, twin.service, command) if command else None
    found: list[Observation] = []
    try:
        for entry, _ in await entries(actor, service=twin.service):
            spec = entry.agreement.spec
            if spec.provider != twin.service or spec.provider_namespace not in spaces:
                continue
            _, outcomes = await verify(actor, entry, twin=twin.namespace, prepare=prepare)
            found.append(_partner(entry.agreement.metadata.name, outcomes))
    except NoCatalogue:
        return []
    except (Forbidden, BrokenDocument, NotPossible) as error:
        return [*found, remark(f"Partners' needs could not be tried: {_words(error)}.")]
    return found


def _partner(name: str, outcomes: list[Outcome]) -> Observation:
    failed = [one for one in outcomes if one.result == "Failed"]
    if failed:
        return refuted(f"{name}: {failed[0].message}", "contract-verified", fix=FIX)
    passed = sum(one.result == "Passed" for one in outcomes)
    if passed < len(outcomes):
        missing = next(one for one in outcomes if one.result != "Passed")
        return open_question(f"{name}: {passed} of {len(outcomes)} requests could be tried: {missing.message}")
    return shown(f"{name}: all {len(outcomes)} requests got what they need.")


def _words(error: Exception) -> str:
    return error.message if isinstance(error, StatusError) else str(error)


CONTRACT_VERIFIED = Experiment("contract-verified", run, budget_s=120.0)

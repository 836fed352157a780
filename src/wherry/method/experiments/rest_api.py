"""M1, live: the operations that need nothing but to be asked are asked, and answer over HTTP."""

from __future__ import annotations

from wherry.method.contracts.api import Operation, path_variables
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.sources import provided
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, shown
from wherry.method.project import NotAProject
from wherry.method.twins.twin import Twin


async def run(twin: Twin) -> list[Observation]:
    """Can others use the service over HTTP?"""
    try:
        asked = [one for one in provided(twin.project).api.operations if _needs_nothing(one)]
    except (NotAProject, BrokenDocument):
        asked = []
    for operation in asked:
        answer = await twin.calls("GET", operation.path, None)
        if answer.status in (404, 405, 501) and str(answer.status) not in operation.answers:
            says = f"The contract promises {operation.name}, and what runs answers {answer.status}: it is not there."
            return [refuted(says, "rest-api", fix="serve it, or take it out of the contract")]
    if asked:
        return [shown(f"It answers over HTTP: {', '.join(one.name for one in asked)}.")]
    if twin.journey is not None:
        played = await twin.play()
        if played.went_as_told:
            return [shown(f"{len(played.results)} requests of the journey were answered over HTTP.")]
        return [open_question(f"The journey does not pass: {played.trouble}.")]
    return [open_question("No contract and no journey says what it could be asked.")]


def _needs_nothing(operation: Operation) -> bool:
    required = any(one.required for one in operation.parameters.values())
    return operation.method == "GET" and not path_variables(operation.path) and not required


REST_API = Experiment("rest-api", run, budget_s=30.0)

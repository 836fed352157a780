"""C2, live: the running service shows the very contract that its repository promises."""

from __future__ import annotations

from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.running_service import RunningService
from wherry.method.contracts.sources import provided
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, remark, shown
from wherry.method.journey.proxy import service_port
from wherry.method.project import NotAProject
from wherry.method.twins.twin import Twin


async def run(twin: Twin) -> list[Observation]:
    """Ask a copy for its contract, and compare what it says with what is promised."""
    service = twin.project.file.service
    try:
        promise = provided(twin.project)
    except NotAProject:
        return [remark("It promises nothing to others, so there was nothing to look for.")]
    except BrokenDocument as error:
        return [open_question(f"The promise itself cannot be read: {error.message}.")]
    port = await service_port(twin.client, twin.namespace, twin.service, wanted=service.port)
    running = RunningService(twin.client, twin.namespace, twin.service, port)
    served = await running.served_digest(service.served_at)
    if served == promise.api.digest:
        return [shown(f"It serves at {service.served_at} just what {service.contract} says.")]
    if served is None:
        return [open_question(f"It was asked for its contract at {service.served_at} and gave no clear answer.")]
    if served:
        says = f"What it serves at {service.served_at} says something else than {service.contract}."
        return [refuted(says, "contract-exposed", fix="make the two say the same: one of them is made from the other")]
    says = f"It was asked for its contract at {service.served_at}, and served none."
    return [refuted(says, "contract-exposed", fix=f"answer GET {service.served_at} with the contract")]


CONTRACT_EXPOSED = Experiment("contract-exposed", run, budget_s=20.0)

"""Runs the future: stand-ins for the services of a model that exist only as a contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wherry.cli.look import Look
from wherry.cli.output import Trouble, note, progress, say
from wherry.cli.stand_in_running import build_stand_in_image
from wherry.method.model.model import Model

if TYPE_CHECKING:
    from wherry.cli.landscape import Chosen
    from wherry.client.client import Client
    from wherry.method.model.future import StandIn


def start(look: Look, chosen: Chosen, image: str) -> None:
    """Run a stand-in for each service of the next state that does not run anywhere and has a contract."""
    from wherry.apimachinery.errors import NotFound
    from wherry.method.contracts.reading import BrokenDocument
    from wherry.method.contracts.refusal import NotPossible
    from wherry.method.contracts.stand_in import IMAGE
    from wherry.method.contracts.stand_in_pods import put_stand_in
    from wherry.method.model.form import BrokenModel
    from wherry.method.model.future import prepare_stand_ins
    from wherry.method.model.reading import read_landscape

    if not image:
        build_stand_in_image(look.data_dir, look.kubeconfig)

    async def run(client: Client) -> tuple[list[StandIn], list[str]]:
        seen = await read_landscape(client)
        missing = [one for one in chosen.model.next.values() if not seen.service(one.name).runs and not one.outside]
        documents = await _documents(client, chosen)
        ready, silent = await prepare_stand_ins(client, missing, documents, image or IMAGE)
        try:
            for one in ready:
                await put_stand_in(client, look.namespace, one.service, one.objects)
        except NotFound as error:
            remedy = f"wherry kubectl create namespace {look.namespace}"
            raise Trouble(f"there is no namespace {look.namespace}", remedy=remedy, exit_code=2) from error
        return ready, silent

    try:
        ready, silent = look.ask(run)
    except NotPossible as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=4) from error
    except (BrokenDocument, BrokenModel) as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=2) from error
    for name in silent:
        note(f"   {name} has no contract yet, so nothing can stand in for it.")
    if not ready:
        say("Nothing needs a stand-in.")
        return
    for one in ready:
        progress(f"{one.service} stands in at http://{one.service}.{look.namespace}:{one.port}")
    say(f"{_and([one.service for one in ready])}: stand-ins answer in {look.namespace}, from the contracts.")
    look.end(f"kubectl -n {look.namespace} get pods -l wherry.dev/stand-in", f"wherry picture -n {look.namespace}")


def end(look: Look, model: Model) -> None:
    """Take the stand-ins of the model's services away."""
    from wherry.method.contracts.stand_in_pods import take_stand_in

    async def run(client: Client) -> list[str]:
        return [name for name in model.next if await take_stand_in(client, look.namespace, name)]

    gone = look.ask(run)
    say(f"{_and(gone)}: no stand-in any more." if gone else f"There is no stand-in in {look.namespace}.")


async def _documents(client: Client, chosen: Chosen) -> Mapping[str, str]:
    """The contracts' documents: from the files beside the model, or from what was published with it."""
    from wherry.method.model.published import documents_of
    from wherry.method.model.publishing import documents_beside

    if chosen.path is not None:
        return documents_beside(chosen.model, chosen.path)
    return await documents_of(client, chosen.record) if chosen.record is not None else {}


def _and(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)

"""Runs the future: stand-ins for the services of a model that exist only as a contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.cli.look import Look
from wherry.cli.output import Trouble, note, progress, say
from wherry.cli.stand_in_running import build_stand_in_image
from wherry.method.model.model import Model, Service

if TYPE_CHECKING:
    from wherry.apimachinery.document import Document
    from wherry.client.client import Client
    from wherry.method.contracts.catalogue import Catalogue

PORT = 8080
"""Where a stand-in answers whose contract comes from a file: the skeleton's port."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A stand-in that can be started."""

    service: str
    port: int
    objects: list[Document]


def start(look: Look, model: Model, folder: Path, image: str) -> None:
    """Run a stand-in for each service of the next state that does not run anywhere and has a contract."""
    from wherry.apimachinery.errors import NotFound
    from wherry.method.contracts.acting import NotPossible
    from wherry.method.contracts.stand_in import IMAGE
    from wherry.method.contracts.stand_in_pods import put_stand_in
    from wherry.method.model.reading import read_landscape

    if not image:
        build_stand_in_image(look.data_dir, look.kubeconfig)

    async def run(client: Client) -> tuple[list[_Ready], list[str]]:
        seen = await read_landscape(client)
        missing = [one for one in model.next.values() if not seen.service(one.name).runs and not one.outside]
        ready, silent = await _prepare(client, missing, folder, image or IMAGE)
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


async def _prepare(client: Client, services: list[Service], folder: Path, image: str) -> tuple[list[_Ready], list[str]]:
    """What can be started, and which services have nothing to answer from. Raises Trouble for a broken contract."""
    from wherry.apimachinery.errors import Forbidden
    from wherry.method.contracts.catalogue import NoCatalogue, read_catalogue
    from wherry.method.contracts.reading import BrokenDocument

    try:
        catalogue = await read_catalogue(client)
    except (NoCatalogue, Forbidden):
        catalogue = None
    ready: list[_Ready] = []
    silent: list[str] = []
    for service in services:
        try:
            prepared = await _stand_in(client, service, folder, image, catalogue)
        except BrokenDocument as error:
            raise Trouble(str(error), remedy=error.remedy, exit_code=2) from error
        if prepared is None:
            silent.append(service.name)
        else:
            ready.append(prepared)
    return ready, silent


async def _stand_in(
    client: Client, service: Service, folder: Path, image: str, catalogue: Catalogue | None
) -> _Ready | None:
    """From the file that the model names, the catalogue, or the folder where a skeleton keeps its promise."""
    from wherry.method.contracts.api import read_api
    from wherry.method.contracts.catalogue import as_json, as_text, document_of
    from wherry.method.contracts.reading import read_file
    from wherry.method.contracts.stand_in import script, stand_in_objects

    port, served_at = PORT, "/openapi.json"
    paths = [folder / (one.document or f"contracts/provides/{one.name}.openapi.yaml") for one in service.provides]
    path = next((path for path in paths if path.is_file()), None)
    published = catalogue.find_apis(service.name) if catalogue is not None else []
    if path is not None:
        text = read_file(path)
    elif published:
        spec = published[0].spec
        text = as_text(await document_of(client, published[0].metadata.namespace, spec), service.name)
        port, served_at = spec.port, spec.served_at
    else:
        return None
    entries = script(read_api(text), as_json(text.data), served_at, ())
    return _Ready(service.name, port, stand_in_objects(service.name, entries, port=port, image=image))


def _and(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)

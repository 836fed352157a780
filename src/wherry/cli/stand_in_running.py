"""Run a stand-in: here, or in a cluster."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.cli.contract_actor import Desk
from wherry.cli.contract_words import understood
from wherry.cli.output import Trouble, note, say
from wherry.cluster.data_dir import DataDir
from wherry.runtime.interface import RuntimeFailure

if TYPE_CHECKING:
    from wherry.method.contracts.acting import Actor
    from wherry.method.contracts.stand_in_program import Entry


@dataclass(frozen=True, slots=True)
class Planned:
    """What a stand-in answers, and the port that the service has."""

    service: str
    entries: list[Entry]
    port: int


def plan_stand_in(place: Desk, service: str, document: Path | None) -> Planned:
    """From a file, the project's own contract, or what is published in the cluster; with the project's needs of it."""
    from wherry.method.contracts.api import read_api
    from wherry.method.contracts.catalogue import as_json, document_of, read_catalogue
    from wherry.method.contracts.catalogue import as_text as published_text
    from wherry.method.contracts.reading import Text, read_file
    from wherry.method.contracts.sources import needed, provided
    from wherry.method.contracts.stand_in import script

    async def published(actor: Actor) -> tuple[Text, int, str]:
        found = (await read_catalogue(actor.client)).find_apis(service)
        if not found:
            raise Trouble(
                f"{service} has published no contract", remedy="name its file: --document orders.v1.openapi.yaml"
            )
        spec = found[0].spec
        return published_text(await document_of(actor.client, found[0].metadata.namespace, spec), service), spec.port, (
            spec.served_at)  # fmt: skip

    own = place.project.file.service
    if document is not None:
        text, port, served_at = understood(lambda: read_file(document)), own.port, own.served_at
    elif service == place.project.name:
        text, port, served_at = understood(lambda: provided(place.project)).text, own.port, own.served_at
    else:
        text, port, served_at = place.act(published)
    needs = [need for need in understood(lambda: needed(place.project)) if need.provider == service]
    api = understood(lambda: read_api(text))
    return Planned(service, script(api, as_json(text.data), served_at, needs), port)


def on_this_machine(planned: Planned, port: int) -> None:
    """Serve until the user stops it."""
    from wherry.kit.http.server import Server
    from wherry.method.contracts.stand_in import stand_in_app

    async def serve() -> None:
        server = Server(stand_in_app(planned.entries), port=port)
        await server.start()
        say(f"{planned.service} stands in at http://127.0.0.1:{server.port}")
        note("   It answers from the contract, and keeps nothing. Ctrl-C stops it.")
        try:
            await asyncio.Event().wait()
        finally:
            await server.stop(grace_s=1)

    asyncio.run(serve())


def in_cluster(place: Desk, planned: Planned, port: int, image: str) -> None:
    """Apply it to an environment's namespace."""
    from wherry.method.contracts.refusal import NotPossible
    from wherry.method.contracts.stand_in import IMAGE, stand_in_objects
    from wherry.method.contracts.stand_in_pods import put_stand_in

    objects = understood(
        lambda: stand_in_objects(planned.service, planned.entries, port=port or planned.port, image=image or IMAGE)
    )

    async def apply(actor: Actor) -> None:
        try:
            await put_stand_in(actor.client, actor.namespace, planned.service, objects)
        except NotPossible as error:
            raise Trouble(str(error), remedy=error.remedy, exit_code=4) from error

    if not image:
        build_stand_in_image(place.data_dir, place.place[0])
    place.act(apply)
    where = f"http://{planned.service}:{port or planned.port}"
    say(f"{planned.service} stands in in {place.environment.namespace}, at {where}.")


def build_stand_in_image(data_dir: DataDir, kubeconfig: Path | None) -> None:
    """Make the image of this machine's Python in this machine's cluster; another cluster must have one."""
    from wherry.cluster.stand_in_image import make_stand_in_image, stand_in_folder

    if kubeconfig is not None and kubeconfig.resolve().parent.parent != data_dir.root:
        remedy = "name one: --image python:3"
        raise Trouble("another cluster needs an image with Python in it", remedy=remedy, exit_code=2)
    try:
        make_stand_in_image(data_dir)
    except (RuntimeFailure, PermissionError) as error:
        raise Trouble(
            f"the image of the stand-in could not be made: {error}", remedy=f"wherry image build {stand_in_folder()}"
        ) from error

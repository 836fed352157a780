"""Puts a model.yaml into the cluster: when somebody asks for it, and beside each release and each contract.

A release or a contract never fails because of the model that comes along: what went wrong is said, with the way out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wherry.apimachinery.errors import NotFound, StatusError
from wherry.cli.landscape import FILE_NAME
from wherry.cli.output import Trouble, note, say

if TYPE_CHECKING:
    from wherry.cli.look import Look
    from wherry.client.client import Client
    from wherry.method.model.published import Published
    from wherry.method.model.publishing import ModelFile
    from wherry.method.project import Project

DEFAULT_NAMESPACE = "default"


def publish_now(look: Look, path: Path) -> None:
    """`wherry model --publish`. Raises Trouble."""
    from wherry.method.model.form import BrokenModel
    from wherry.method.model.publishing import read_model_file

    namespace = look.namespace or _home(path)
    try:
        record, is_new = look.ask(lambda client: _publish(client, read_model_file(path), namespace))
    except BrokenModel as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=2) from error
    what = "is in the cluster now" if is_new else "is in the cluster as it stands here"
    say(f"The model {record.name} {what}: {record.origin}.")
    if is_new and record.namespace != namespace:
        note(f"   It stays in {record.namespace}, where it was first published.")
    look.end(f"kubectl -n {record.namespace} get models {record.name} -o yaml", "wherry open", "wherry next")


async def publish_beside(client: Client, project: Project, namespace: str) -> None:
    """Publish the models that a service is part of, where they have changed; says what came of it."""
    for path in models_of(project):
        await _publish_and_say(client, path, namespace)


async def _publish_and_say(client: Client, path: Path, namespace: str) -> None:
    from wherry.method.model.form import BrokenModel
    from wherry.method.model.publishing import read_model_file

    try:
        record, is_new = await _publish(client, read_model_file(path), namespace)
    except BrokenModel as error:
        note(f"   {path.name} is not published: {str(error).splitlines()[0]} Do: wherry next --model {path}")
    except (StatusError, Trouble) as error:
        note(f"   {path.name} is not published: {error}. Do: somebody who may runs wherry model {path} --publish")
    else:
        if is_new:
            note(f"   The page shows the model {record.name} as it is now: {record.origin}.")


def models_of(project: Project) -> list[Path]:
    """The service's own model.yaml, and that of its system: the nearest one above that speaks of the service."""
    own = project.root / FILE_NAME
    above = (folder / FILE_NAME for folder in project.root.absolute().parents)
    system = next((path for path in above if path.is_file() and _speaks_of(path, project.name)), None)
    return [path for path in (own, system) if path is not None and path.is_file()]


def _speaks_of(path: Path, service: str) -> bool:
    from wherry.method.model.form import BrokenModel
    from wherry.method.model.meaning import read_model

    try:
        return service in read_model(path).names
    except BrokenModel:
        return service in path.read_text(encoding="utf-8", errors="replace")


def _home(path: Path) -> str:
    """Where a model goes that is not in the cluster yet: beside the service whose folder it is in, else `default`."""
    from wherry.cli.delivery.stage import project_or_none

    project = project_or_none(path.absolute().parent)
    return project.environment(project.first_environment).namespace if project is not None else DEFAULT_NAMESPACE


async def _publish(client: Client, file: ModelFile, namespace: str) -> tuple[Published, bool]:
    from wherry.method.delivery.requester import requester
    from wherry.method.model.plan import plan_steps
    from wherry.method.model.publishing import note_gap, publish
    from wherry.method.model.reading import read_landscape

    try:
        record, is_new = await publish(client, file, namespace, by=await requester(client, ""))
    except NotFound as error:
        remedy = f"wherry kubectl create namespace {namespace}"
        raise Trouble(f"there is no namespace {namespace}", remedy=remedy, exit_code=2) from error
    if is_new:
        await note_gap(client, record, plan_steps(file.model, await read_landscape(client)))
    return record, is_new

"""A model.yaml beside a cluster, for the commands: where the file is, what the cluster shows, the steps in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.cli.output import Trouble, note, printable, say

if TYPE_CHECKING:
    from wherry.cli.look import Look
    from wherry.client.client import Client
    from wherry.method.model.landscape import Landscape
    from wherry.method.model.model import Model
    from wherry.method.model.published import Published
    from wherry.method.model.step import Gap, Step

FILE_NAME = "model.yaml"
PROJECT_FILE = "wherry.toml"
NEW = "wherry new "


def model_file_here() -> Path | None:
    """The model.yaml of the working folder, or of the service that it is in."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
        if (folder / PROJECT_FILE).is_file():
            return None
    return None


def understood_model(path: Path) -> Model:
    """Read a model. Raises Trouble with everything that is wrong with it."""
    from wherry.method.model.form import BrokenModel
    from wherry.method.model.meaning import read_model

    try:
        return read_model(path)
    except BrokenModel as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=2) from error


def model_or_note(path: Path) -> Model | None:
    """The same for a file that nobody has named: it may be another tool's, so a broken one is only mentioned."""
    try:
        return understood_model(path)
    except Trouble as error:
        note(f"   {path.name} is not looked at: {error.message.splitlines()[0]} Do: wherry next --model {path.name}")
        return None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model that somebody means: of a file here, or published in the cluster. `origin` is how to name it again."""

    model: Model
    origin: str
    path: Path | None = None
    record: Published | None = None


def choose_model(look: Look, named: str | None) -> Chosen:
    """The model of a file, of this folder, or of that name in the cluster. Raises Trouble."""
    path = Path(named) if named else model_file_here()
    if path is not None and path.is_file():
        return Chosen(understood_model(path), str(named or FILE_NAME), path)
    records = look.ask(published_models)
    found = [one for one in records if named in (None, one.name, one.id)]
    if len(found) == 1:
        return _of_record(found[0])
    names = ", ".join(one.id for one in records)
    if named:
        what = f"there is no file {named}, and no model of that name in the cluster"
        what = f"there are several models {named} in the cluster" if found else what
        raise Trouble(what, remedy=f"name one: {names}" if names else "wherry model --publish", exit_code=2)
    if found:
        raise Trouble(
            "there is no model.yaml here, and several in the cluster", remedy=f"name one: {names}", exit_code=2
        )
    remedy = "write one, or name one: wherry next --model FILE"
    raise Trouble("there is no model.yaml here, and none in the cluster", remedy=remedy, exit_code=2)


def _of_record(record: Published) -> Chosen:
    if record.model is None:
        remedy = "publish the file again: wherry model --publish"
        raise Trouble(record.problem, remedy=remedy, exit_code=2)
    note(f"   The model {record.id} of the cluster: {record.origin}.")
    return Chosen(record.model, record.name, record=record)


def say_if_cluster_differs(look: Look, chosen: Chosen) -> None:
    """Whoever reads a file is told when others see something else in the cluster, or nothing."""
    from wherry.method.model.publishing import read_model_file

    if chosen.path is None:
        return
    file = read_model_file(chosen.path)
    try:
        same = [one for one in look.ask(published_models) if one.name == file.name]
    except Trouble:
        # A model can be drawn without a cluster.
        return
    if any(one.spec.digest == file.digest and one.is_as_published for one in same):
        return
    what = f"The cluster has another state of this model ({same[0].origin})" if same else "Nobody else sees this model"
    note(f"   {what}. To show it on the page: wherry model --publish")


async def published_models(client: Client) -> list[Published]:
    """The models that the cluster holds."""
    from wherry.method.model.published import published_models as read

    return await read(client)


def look_at_landscape(look: Look) -> Landscape:
    """What the cluster shows now."""
    from wherry.method.model.reading import read_landscape

    return look.ask(lambda client: read_landscape(client, look.namespace))


def tell_steps(gap: Gap, mark: Callable[[Step], str]) -> None:
    """Each step with its reason and what is seen of it, then what else is worth knowing."""
    for number, step in enumerate(gap.steps, 1):
        say(printable(f"{mark(step)}{number}. {step.title}"))
        if step.done:
            say(printable(f"      Seen: {step.seen}"))
            continue
        say(printable(f"      Why:  {step.why}"))
        say(printable(f"      Now:  {step.seen}"))
        if step.after:
            say(printable(f"      After: {'; '.join(step.after)}"))
    for line in gap.notes:
        say(printable(f"  Note: {line}"))


def following(gap: Gap) -> str:
    """What to do next: the first step that waits for none; a service whose folder this is exists already."""
    from wherry.cli.delivery.stage import project_or_none

    ready = next((step for step in gap.left if not step.after), None)
    if ready is None:
        return ""
    project = project_or_none()
    if project is not None and project.name == ready.about and ready.how.startswith(f"{NEW}{project.name}"):
        return "wherry build && wherry release && wherry run"
    return ready.how

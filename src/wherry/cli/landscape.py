"""A model.yaml beside a cluster, for the commands: where the file is, what the cluster shows, the steps in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.cli.output import Trouble, note, printable, say

if TYPE_CHECKING:
    from wherry.cli.look import Look
    from wherry.method.model.landscape import Landscape
    from wherry.method.model.model import Model
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


def look_at_landscape(look: Look) -> Landscape:
    """What the cluster shows now."""
    from wherry.method.model.reading import read_landscape

    return look.ask(lambda client: read_landscape(client, look.namespace))


def verdict(gap: Gap) -> str:
    """The answer in a sentence."""
    done, total = len(gap.steps) - len(gap.left), len(gap.steps)
    sizes = f"{_count(gap.now_services)} of the model now, {_count(gap.next_services)} next"
    if not total:
        return f"The system is as the model wants it: {sizes}."
    if gap.is_closed:
        return f"All {total} steps to the next state are done: {sizes}."
    what = f"step{'s' if total > 1 else ''} to the next state {'is' if done == 1 else 'are'} done"
    return f"{done} of {total} {what}: {sizes}."


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


def _count(services: int) -> str:
    return f"{services} service{'' if services == 1 else 's'}"

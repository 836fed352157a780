"""`wherry model`: the system now and next as a picture, before any code exists; and stand-ins for what is to come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, give_data, kubectl_scope, look_options
from wherry.cli.output import Trouble, note, printable, say

if TYPE_CHECKING:
    from wherry.method.model.model import Model


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--stand-ins", is_flag=True, help="Run a stand-in for each service of the next state that is not there.")
@click.option("--end-stand-ins", is_flag=True, help="Take the stand-ins of this model away again.")
@click.option("--image", default="", help="The stand-ins' image: any that has Python 3 in it.")
@look_options
def command(look: Look, file: Path | None, *, stand_ins: bool, end_stand_ins: bool, image: str) -> None:
    """Draw the system of FILE (model.yaml here, if not named) as the cluster shows it now, and as it shall be."""
    from wherry.cli.landscape import model_file_here, understood_model

    path = file or model_file_here()
    if path is None:
        raise Trouble("there is no model.yaml here", remedy="name one: wherry model FILE", exit_code=2)
    model = understood_model(path)
    if stand_ins or end_stand_ins:
        from wherry.cli.model_stand_ins import end, start

        if not look.namespace:
            verb = "--stand-ins" if stand_ins else "--end-stand-ins"
            raise Trouble("where?", remedy=f"name a namespace: wherry model {verb} -n NAMESPACE", exit_code=2)
        start(look, model, path.parent, image) if stand_ins else end(look, model)
        return
    if look.output is not None:
        give_data(look.output, model, model.names)
        return
    _draw(look, model)


def _draw(look: Look, model: Model) -> None:
    from wherry.cli.landscape import look_at_landscape, verdict
    from wherry.cli.model_picture import draw_file, draw_next, draw_now
    from wherry.method.model.landscape import Landscape
    from wherry.method.model.plan import plan_steps

    try:
        seen = look_at_landscape(look)
    except Trouble as error:
        note(f"   The cluster could not be asked, so now is what {model.source} says: {error.message}")
        seen = None
    gap = plan_steps(model, seen or Landscape())
    say(verdict(gap) if seen is not None else f"{model.source}: {len(model.now)} now, {len(model.next)} next.")
    for title, lines in (
        ("Now", draw_now(model, seen, look.terminal) if seen is not None else draw_file(model.now, look.terminal)),
        ("Next", draw_next(model, seen or Landscape(), look.terminal)),
    ):
        say(f"\n{title}")
        for line in lines:
            say(printable(line) if not look.terminal.colours else line)
    say()
    look.end(f"kubectl get deployments,statefulsets,services {kubectl_scope(look.namespace)}", "wherry next")

"""`wherry model`: the system now and next as a picture, before any code exists; and stand-ins for what is to come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, give_data, kubectl_scope, look_options
from wherry.cli.output import Trouble, note, printable, say

if TYPE_CHECKING:
    from wherry.cli.landscape import Chosen
    from wherry.method.model.model import Model


@click.command()
@click.argument("file", required=False)
@click.option("--publish", is_flag=True, help="Put it into the cluster, for the page and for everybody.")
@click.option("--stand-ins", is_flag=True, help="Run a stand-in for each service of the next state that is not there.")
@click.option("--end-stand-ins", is_flag=True, help="Take the stand-ins of this model away again.")
@click.option("--image", default="", help="The stand-ins' image: any that has Python 3 in it.")
@look_options
def command(look: Look, file: str | None, *, publish: bool, stand_ins: bool, end_stand_ins: bool, image: str) -> None:
    """Draw the system of FILE as the cluster shows it now, and as it shall be.

    FILE is a model.yaml (the one here, if not named), or the name of a model that is in the cluster already.
    """
    from wherry.cli.landscape import choose_model, say_if_cluster_differs

    chosen = choose_model(look, file)
    if publish:
        from wherry.cli.model_publishing import publish_now

        publish_now(look, _file_of(chosen, "--publish"))
        return
    if stand_ins or end_stand_ins:
        from wherry.cli.model_stand_ins import end, start

        if not look.namespace:
            verb = "--stand-ins" if stand_ins else "--end-stand-ins"
            raise Trouble("where?", remedy=f"name a namespace: wherry model {verb} -n NAMESPACE", exit_code=2)
        start(look, chosen, image) if stand_ins else end(look, chosen.model)
        return
    if look.output is not None:
        give_data(look.output, chosen.model, chosen.model.names)
        return
    _draw(look, chosen.model)
    say_if_cluster_differs(look, chosen)


def _file_of(chosen: Chosen, option: str) -> Path:
    if chosen.path is None:
        remedy = f"go to the folder of its model.yaml, or name the file: wherry model FILE {option}"
        raise Trouble(f"{chosen.model.source} is not here, only what the cluster has of it", remedy=remedy, exit_code=2)
    return chosen.path


def _draw(look: Look, model: Model) -> None:
    from wherry.cli.landscape import look_at_landscape
    from wherry.cli.model_picture import draw_file, draw_next, draw_now
    from wherry.method.model.landscape import Landscape
    from wherry.method.model.plan import plan_steps

    try:
        seen = look_at_landscape(look)
    except Trouble as error:
        note(f"   The cluster could not be asked, so now is what {model.source} says: {error.message}")
        seen = None
    gap = plan_steps(model, seen or Landscape())
    say(gap.sentence if seen is not None else f"{model.source}: {len(model.now)} now, {len(model.next)} next.")
    for title, lines in (
        ("Now", draw_now(model, seen, look.terminal) if seen is not None else draw_file(model.now, look.terminal)),
        ("Next", draw_next(model, seen or Landscape(), look.terminal)),
    ):
        say(f"\n{title}")
        for line in lines:
            say(printable(line) if not look.terminal.colours else line)
    say()
    look.end(f"kubectl get deployments,statefulsets,services {kubectl_scope(look.namespace)}", "wherry next")

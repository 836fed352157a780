"""`wherry new`: a walking skeleton, the smallest service that goes the whole way."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.output import Trouble, note, progress, say, table
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.method.skeleton.template import Answers
    from wherry.method.timebox.clock import Timebox

WHERE = (
    ("README.md", "the tour: what to read, in which order"),
    ("src, migrations", "the REST API, and the tables of its own database"),
    ("deploy/overlays", "dev, staging and prod: one system, three configurations"),
    ("tests, .ci/run", "what holds it together, on any machine"),
)
CLUSTER_S = 5.0
"""A cluster that takes longer is told later."""


@click.command()
@click.argument("name", required=False)
@click.option("--timebox", "length", default="4h", show_default=True, help="How long you give yourselves: 4h, 90m, 2d.")
@click.option("--team", default="", help="The team that owns it; the service's name when left out.")
@click.option("--web", type=click.Choice(["fastapi", "plain"]), default="fastapi", help="plain is Starlette.")
@click.option(
    "--db",
    type=click.Choice(["postgres", "sqlite-in-container"]),
    help="Where its database is: in a pod of its own, if not named, or inside the container.",
)
@click.option("--with-contract-to", "partner", default="", help="A service that this one calls.")
@click.option("--into", type=click.Path(path_type=Path), help="The folder to make; ./NAME when left out.")
@click.option("--update", is_flag=True, help="Renew the service in this folder, on a branch.")
@click.pass_obj
def command(
    data_dir: DataDir,
    /,
    name: str | None,
    length: str,
    into: Path | None,
    *,
    update: bool,
    **answered: str | None,
) -> None:
    """Make a service: a REST API with its own database, tests, and three environments, in a new repository."""
    from wherry.method.skeleton.template import Answers

    if update:
        if name is not None or into is not None:
            raise Trouble("an update is for the service in this folder", remedy="wherry new --update", exit_code=2)
        from wherry.cli.skeleton_update import update_here

        update_here(answered["db"] or "")
        return
    if name is None:
        raise Trouble("the service needs a name", remedy="wherry new NAME, such as: wherry new orders", exit_code=2)
    folder = (into or Path(name)).expanduser().absolute()
    given = {key: value for key, value in answered.items() if value}
    count = make(data_dir, Answers(**{"name": name, "team": name, **given}), folder, length)
    say(f"{name} is here: {count} files and a first commit, in {folder}.")
    partner = given.get("partner", "")
    needs = ((f"contracts/needs/{partner}.json", f"what it needs of {partner}"),) if partner else ()
    table(("WHERE", "WHAT"), (*WHERE, *needs))
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    say(f"Next: cd {shown} && wherry build && wherry release --env dev")


def make(data_dir: DataDir, answers: Answers, folder: Path, length: str) -> int:
    """Make the repository; gives the number of its files. Raises Trouble."""
    from wherry.method.skeleton.git import GitFailed
    from wherry.method.skeleton.repository import CannotMake, check_answers, enclosing_repository, make_repository
    from wherry.method.skeleton.template import read_template
    from wherry.method.timebox.clock import PLACE, encode_timebox, parse_length, start_timebox

    started_s = time.monotonic()
    try:
        check_answers(answers)
        timebox = start_timebox(answers.name, parse_length(length), time.time())
        made = make_repository(read_template(), answers, folder, {PLACE: encode_timebox(timebox)})
        count = asyncio.run(made)
    except ValueError as error:
        raise Trouble(str(error), remedy="wherry new NAME --timebox 4h", exit_code=2) from error
    except CannotMake as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=error.exit_code) from error
    except GitFailed as error:
        raise Trouble(f"the repository could not be made: {error}", remedy=error.remedy) from error
    except OSError as error:
        what = f"the repository could not be made: {error.filename or folder}: {(error.strerror or str(error)).lower()}"
        raise Trouble(what, remedy="choose a folder with room that you may write to: --into DIR") from error
    above = enclosing_repository(folder)
    if above is not None:
        note(
            f"   It is a repository of its own inside of another one, {above}, which should leave it out: `.gitignore`."
        )
    progress(f"the repository {folder.name} is made and committed", (time.monotonic() - started_s) * 1000)
    _start_clock(data_dir, timebox, answers.team)
    return count


def _start_clock(data_dir: DataDir, timebox: Timebox, team: str) -> None:
    """Show the clock to everybody on the cluster, if there is one; `wherry timebox` does it later otherwise."""
    from wherry.cli.connection import with_client
    from wherry.method.timebox.keeping import keep_timebox

    if not data_dir.kubeconfig.exists():
        return

    async def keep(client: Client) -> None:
        async with asyncio.timeout(CLUSTER_S):
            _ = await keep_timebox(client, timebox, team)

    try:
        with_client(None, data_dir, keep)
    except Trouble:
        return
    progress("the clock is on the cluster: kubectl get timeboxes")

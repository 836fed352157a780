"""`wherry prove [FACTOR]`: try the factors on a twin of the release, and keep what comes of it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from wherry.cli.look import give_data, output_option
from wherry.cli.output import Trouble, say
from wherry.cli.where import Where, where_options


@click.command()
@click.argument("factor", required=False)
@click.option("--in", "environment", help="Whose release and configuration; the first environment, if not named.")
@click.option("--release", "release_name", help="Which release; the newest one, if not named.")
@click.option("--project", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The service's folder.")
@output_option
@where_options
def command(
    where: Where,
    factor: str | None,
    environment: str | None,
    release_name: str | None,
    project: Path | None,
    output: str | None,
) -> None:
    """Try a factor (or all) on a twin of the release: same image, same settings, an empty database of its own.

    The twin has a namespace of its own, which is removed at the end. Exit code 0: nothing was refuted.

    For programs (-o json), at the end: `service`, `sentence`, `refuted` and `verdicts`.
    """
    from wherry.cli.commands.image import open_store
    from wherry.cli.delivery.stage import on_clusters, project_here
    from wherry.cli.proving import ProvingRun
    from wherry.cli.structured import proving_document
    from wherry.cli.termination import TERMINATED
    from wherry.method.twins.twin import CannotTry

    store, here = open_store(where.data_dir), project_here(project)
    run = ProvingRun(store, here, factor, environment, release_name, tells=output is None)
    try:
        on_clusters(where, run.go)
    except asyncio.CancelledError:
        sys.exit(TERMINATED)
    except Trouble as error:
        raise run.broken_off(error) from error
    except CannotTry as error:
        raise Trouble(f"nothing could be tried: {error}", remedy="wherry run shows why it does not start") from error
    if output is None:
        say(run.sentence)
        say("Next: wherry done")
    else:
        give_data(output, proving_document(run), (one.criterion for one in run.verdicts))
    if run.refuted:
        sys.exit(1)

"""`wherry dev`: from a saved file to running pods, through the real stages, at every change."""

from __future__ import annotations

import click

from wherry.cli.where import Where, where_options


@click.command()
@click.option("--in", "environment", help="In which environment; the first one of wherry.toml, if not named.")
@click.option("--timeout", "timeout_s", type=float, default=120.0, show_default=True, help="Seconds to wait for it.")
@where_options
def command(where: Where, environment: str | None, timeout_s: float) -> None:
    """Watch the source; at every change build, release and run it. Ctrl-C ends it and leaves the last one running."""
    from wherry.cli.commands.image import open_store
    from wherry.cli.delivery.before_users import refuse_drafts
    from wherry.cli.delivery.dev_loop import DevLoop
    from wherry.cli.delivery.stage import on_clusters, project_here, told

    project = project_here()
    store = open_store(where.data_dir)
    where.data_dir.make()
    with told():
        name = environment or project.first_environment
    with told():
        refuse_drafts(project, name)
    on_clusters(where, lambda clusters: DevLoop(project, clusters, store, name, timeout_s).run())

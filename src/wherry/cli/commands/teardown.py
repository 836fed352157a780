"""`wherry teardown`: what `wherry down` does with root's rights."""

from __future__ import annotations

import asyncio

import click

from wherry.cluster.data_dir import DataDir, read_identity


@click.command()
@click.pass_obj
def command(data_dir: DataDir) -> None:
    """Stop the cluster's containers and remove what it has put on this machine."""
    from wherry.cluster.teardown import tear_down

    identity = read_identity(data_dir)
    if identity is not None:
        asyncio.run(tear_down(data_dir, identity))

"""`wherry kubeconfig`: where other tools find this cluster."""

from __future__ import annotations

import click

from wherry.cli.output import Trouble, say
from wherry.cluster.data_dir import DataDir


@click.command()
@click.option("--raw", is_flag=True, help="Print the file itself instead of its path.")
@click.pass_obj
def command(data_dir: DataDir, raw: bool) -> None:
    """Print the path of the kubeconfig: export KUBECONFIG=$(wherry kubeconfig)."""
    if not data_dir.kubeconfig.exists():
        raise Trouble(f"there is no cluster in {data_dir.root} yet", remedy="wherry up", exit_code=3)
    say(data_dir.kubeconfig.read_text().rstrip() if raw else str(data_dir.kubeconfig))

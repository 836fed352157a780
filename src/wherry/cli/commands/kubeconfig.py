"""`wherry kubeconfig`: where other tools find this cluster."""

from __future__ import annotations

import click

from wherry.cli.output import Trouble, say
from wherry.cluster.data_dir import DataDir


@click.command()
@click.option("--raw", is_flag=True, help="Print the file itself instead of its path.")
@click.option("--user", help="The kubeconfig of a named user (wherry user add) instead of the administrator's.")
@click.pass_obj
def command(data_dir: DataDir, raw: bool, user: str | None) -> None:
    """Print the path of the kubeconfig: export KUBECONFIG=$(wherry kubeconfig)."""
    if not data_dir.kubeconfig.exists():
        raise Trouble(f"there is no cluster in {data_dir.root} yet", remedy="wherry up", exit_code=3)
    path = data_dir.kubeconfig
    if user is not None:
        names = {file.name: file for file in data_dir.users.glob("*.kubeconfig")}
        chosen = names.get(f"{user}.kubeconfig")
        if chosen is None:
            raise Trouble(f"there is no user {user} here", remedy=f"wherry user add {user}")
        path = chosen
    say(path.read_text().rstrip() if raw else str(path))

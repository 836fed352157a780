"""`wherry open`: a link that shows the cluster in a browser."""

from __future__ import annotations

from pathlib import Path

import click

from wherry.cli.connection import with_client
from wherry.cli.look import chosen_kubeconfig
from wherry.cli.output import Trouble, note, say
from wherry.cluster.data_dir import DataDir

PATH = "/ui/login-links"
NO_DASHBOARD = (403, 404)
"""Another Kubernetes does not know the path, or refuses what its roles do not name."""


@click.command()
@click.option("--kubeconfig", type=click.Path(path_type=Path, exists=True), help="Look as somebody else, or from afar.")
@click.option("--user", help="Look as a named user (wherry user add).")
@click.pass_obj
def command(data_dir: DataDir, kubeconfig: Path | None, user: str | None) -> None:
    """Print a link that signs a browser in, once, with your own rights."""
    from urllib.parse import urlencode

    import orjson

    from wherry.apimachinery.errors import StatusError
    from wherry.client.client import Client
    from wherry.client.kubeconfig import load_kubeconfig
    from wherry.kit.http.types import read_body

    if user is not None:
        kubeconfig = data_dir.user_kubeconfig(user)
        if Path(user).name != user or not kubeconfig.exists():
            raise Trouble(f"there is no user {user} here", remedy=f"wherry user add {user}")

    chosen = chosen_kubeconfig(kubeconfig, data_dir)

    async def ask(client: Client) -> bytes:
        # Whoever may not see the whole cluster begins in the namespace that the kubeconfig says is their own.
        own = load_kubeconfig(chosen or data_dir.kubeconfig).namespace
        try:
            return await read_body(await client.request("POST", PATH, urlencode({"ns": own})))
        except StatusError as error:
            if error.code not in NO_DASHBOARD:
                raise
            remedy = "wherry picture, which shows any Kubernetes"
            raise Trouble("this cluster has no dashboard for you", remedy=remedy) from error

    answer = orjson.loads(with_client(chosen, data_dir, ask))
    note(f"Open this link within {answer['goodForSeconds']} seconds; it works once, for {answer['name']}:")
    say(answer["url"])
    note("Your browser may warn: the cluster's certificate is its own. Go on; or let the browser trust it.")

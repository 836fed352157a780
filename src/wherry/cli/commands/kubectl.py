"""`wherry kubectl ...`: the real kubectl, pointed at this cluster."""

from __future__ import annotations

import os

import click

from wherry.cli.look import chosen_kubeconfig
from wherry.cli.programs import kubectl_path
from wherry.cli.troubles import known
from wherry.cluster.data_dir import DataDir


class Verbatim(click.Command):
    """Takes every word as it is; click would swallow the -- of `kubectl exec POD -- COMMAND`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Nothing here is an option of ours."""
        ctx.params["arguments"] = tuple(args)
        return []


@click.command(cls=Verbatim)
@click.pass_obj
def command(data_dir: DataDir, arguments: tuple[str, ...]) -> None:
    """Run the real kubectl against this cluster; everything behind it is kubectl's own."""
    program = kubectl_path()
    path = chosen_kubeconfig(None, data_dir, is_silent=True) or data_dir.kubeconfig
    if not path.exists():
        raise known("W0101", home=data_dir.root)
    environment = {**os.environ, "KUBECONFIG": str(path)}  # noqa: TID251 - handed on to kubectl
    os.execve(program, ["kubectl", *arguments], environment)  # noqa: S606 - becomes kubectl

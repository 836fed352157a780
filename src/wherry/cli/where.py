"""Which cluster a command of the method is about: this machine's, or another one by kubeconfig and context.

What wherry.toml says of an environment comes first; this is the cluster of every environment that it places nowhere.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.look import chosen_kubeconfig
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.method.delivery.clusters import Clusters


@dataclass(frozen=True, slots=True)
class Where:
    """This machine's folder, and the kubeconfig and context ("": the current one) of the cluster that is meant."""

    data_dir: DataDir
    kubeconfig: Path | None = None
    context: str = ""

    @property
    def path(self) -> Path:
        """The kubeconfig, whether it is there or not."""
        return self.kubeconfig or self.data_dir.kubeconfig

    def clusters(self) -> Clusters:
        """The way to the clusters, not opened yet."""
        from wherry.method.delivery.clusters import Clusters

        return Clusters(self.path, self.context, this_machine=self.data_dir.kubeconfig)


def where_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --kubeconfig and --context; it gets them, and this machine's folder, as `where`."""

    @functools.wraps(command)
    def with_where(*arguments: object, kubeconfig: Path | None, context: str, **others: object) -> None:
        data_dir: DataDir = click.get_current_context().obj
        where = Where(data_dir, chosen_kubeconfig(kubeconfig, data_dir), context)
        command(*arguments, where=where, **others)

    decorated: Callable[..., None] = with_where
    decorated = click.option("--context", default="", help="One of the kubeconfig's contexts (default: its current).")(
        decorated
    )
    return click.option(
        "--kubeconfig",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="The cluster of all environments for which wherry.toml names none; any Kubernetes.",
    )(decorated)

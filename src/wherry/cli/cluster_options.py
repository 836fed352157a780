"""The options that say what a cluster shall be; `wherry up` and `wherry server` take the same."""

from __future__ import annotations

import functools
from collections.abc import Callable

import click

from wherry.cluster.wanted import SIMULATED_NODES_MAX, Wanted

_OPTIONS = (
    click.option("--port", type=click.IntRange(1, 65535), help="Port of the API server (default: 6443, or as before)."),
    click.option("--bind", default="127.0.0.1", show_default=True, help="Address on which the API server listens."),
    click.option(
        "--real-node/--no-real-node",
        default=None,
        help="Whether this machine runs pods (default: yes, or as before). Without, neither root nor Linux is needed.",
    ),
    click.option(
        "--simulated-nodes",
        type=click.IntRange(0, SIMULATED_NODES_MAX),
        metavar="N",
        help="Add N nodes whose pods run at once and never touch a container (default: 0, or as before).",
    ),
)


def cluster_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it gets them as one argument, `wanted`."""

    @functools.wraps(command)
    def with_wanted(
        *arguments: object,
        port: int | None,
        bind: str,
        real_node: bool | None,
        simulated_nodes: int | None,
    ) -> None:
        command(*arguments, wanted=Wanted(port, bind, real_node, simulated_nodes))

    for option in reversed(_OPTIONS):
        with_wanted = option(with_wanted)
    return with_wanted

"""What the Tab key offers: names of what is in the cluster, of users, of environments, of words.

A command does nothing for it: what its options and arguments are called says what they may be (COMPLETIONS).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wherry.cluster.data_dir import DataDir

NAMES_MAX = 200
"""More than this nobody reads; the next letter makes it fewer."""


def complete_things(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names and KIND/NAME of what can be seen; nothing, when nobody can be asked."""
    del param
    kubeconfig, namespace = ctx.params.get("kubeconfig"), ctx.params.get("namespace") or ""
    data_dir = ctx.find_root().obj or _data_dir(ctx)
    try:
        names = _names(data_dir, kubeconfig, namespace, ctx.params.get("context") or "")
    except Exception:  # noqa: BLE001 - a Tab never fails: it offers less
        return []
    return [name for name in names if name.startswith(incomplete)][:NAMES_MAX]


def _names(data_dir: DataDir, kubeconfig: Path | None, namespace: str, context: str) -> list[str]:
    from wherry.cli.look import Look, chosen_kubeconfig
    from wherry.narrate.find import all_targets

    path = chosen_kubeconfig(kubeconfig, data_dir, is_silent=True)
    look = Look(data_dir, namespace, path, None, plain=True, teach=False, context=context)
    targets = [*all_targets(look.snapshot())]
    return [*dict.fromkeys(one.name for one in targets), *(one.text for one in targets)]


def complete_words(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The words of the glossary."""
    del ctx, param
    from wherry.narrate.glossary import words

    return [word for word in words() if word.startswith(incomplete)]


def complete_users(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The users whose kubeconfigs are here."""
    del param
    data_dir = ctx.find_root().obj or _data_dir(ctx)
    names = sorted(file.name.removesuffix(".kubeconfig") for file in data_dir.users.glob("*.kubeconfig"))
    return [name for name in names if name.startswith(incomplete)]


def complete_environments(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The environments of the project in this folder."""
    del ctx, param
    from wherry.method.project import NotAProject, find_project

    try:
        names = [*find_project(Path.cwd()).environments]
    except NotAProject:
        return []
    return [name for name in names if name.startswith(incomplete)]


COMPLETIONS: Mapping[str, Callable[[click.Context, click.Parameter, str], list[str]]] = {
    "thing": complete_things,
    "term": complete_words,
    "user": complete_users,
    "environment": complete_environments,
}


def teach_names(command: click.Command) -> None:
    """Give every parameter of a command, and of its subcommands, what its name says that it may be."""
    for parameter in command.params:
        if parameter.name in COMPLETIONS:
            # click's own place for what a parameter is made with.
            parameter._custom_shell_complete = COMPLETIONS[parameter.name]
    if isinstance(command, click.Group):
        for child in command.commands.values():
            teach_names(child)


def _data_dir(ctx: click.Context) -> DataDir:
    """The cluster's folder: at the Tab key the command itself, which would say it, is not run."""
    from wherry.cluster.data_dir import DataDir

    home = ctx.find_root().params.get("home") or Path("~/.wherry")
    return DataDir(Path(home).expanduser().absolute())

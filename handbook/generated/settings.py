"""Every setting: what the environment may change, and what a start of the cluster remembers."""

from __future__ import annotations

import dataclasses
import inspect
import re

from handbook.generated.commands import all_commands
from handbook.markdown import cell, code, page, table
from wherry.cli.main import cli
from wherry.cluster.server import ServerSettings
from wherry.cluster.wanted import Wanted
from wherry.kit.settings import PREFIX, variables_of

INTRODUCTION = """
Wherry has few settings, and none of them is a file to edit. Later sources win: the default, the environment, an option
of the command.
"""
SERVER = "## The masters read from their environment when they start"
CLUSTER = """
## A cluster remembers how it was started

`wherry up` without these options starts it as it was before. What they do: [wherry up](commands.md).
"""
OTHERS = """
## What every program understands

| variable | what it does |
|---|---|
| `KUBECONFIG` | the cluster to read when this folder has none ([another cluster](../another-cluster.md)) |
| `NO_COLOR` | any value but the empty one: no colours |
| `COLUMNS` | how wide pictures and tables may be, where the terminal does not say it |
| `HTTPS_PROXY`, `PIP_...` | handed on to pip when an image is built |
"""


def described() -> dict[str, str]:
    """What the docstring of the masters' settings says of each variable."""
    text = " ".join((inspect.getdoc(ServerSettings) or "").split())
    return dict(re.findall(rf"({PREFIX}[A-Z_]+): (.*?)(?= {PREFIX}[A-Z_]+:|$)", text))


def write() -> str:
    """The page."""
    words = described()
    server = [
        (code(variable), code(default) or "nothing", cell(words[variable]))
        for variable, default in variables_of(ServerSettings)
    ]
    wanted = [
        (code(f"--{field.name.replace('_', '-')}"), code(str(field.default)) if field.default else "as before")
        for field in dataclasses.fields(Wanted)
    ]
    options = [
        (code(str(option.envvar)), code("wherry"), cell(option.help or ""))
        for option in cli.params
        if option.envvar and hasattr(option, "help")
    ]
    for one in all_commands():
        options += [
            (code(str(option.envvar)), code(one.words), cell(getattr(option, "help", "") or ""))
            for option in one.command.params
            if option.envvar
        ]
    return page(
        "Settings",
        INTRODUCTION,
        "## Options that have a variable",
        table(("variable", "command", "what it does"), options),
        SERVER,
        table(("variable", "default", "what it does"), server),
        CLUSTER,
        table(("option", "default"), wanted),
        OTHERS,
    )

"""Whatever ends a command, as an error of four parts; a fault of our own keeps its traceback in a file."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Sequence

import click

from wherry.apimachinery.errors import StatusError
from wherry.cli.commands.registry import COMMANDS
from wherry.cli.connection import refused
from wherry.cli.output import Trouble
from wherry.cli.troubles import known, with_all_parts
from wherry.kit.files import DamagedFile


def as_trouble(error: BaseException, arguments: Sequence[str]) -> Trouble:
    """What to say about `error`, which ended `wherry ARGUMENTS`."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    command = " ".join(["wherry", *(word for word in arguments if word in COMMANDS)][:2])
    match error:
        case Trouble():
            return with_all_parts(error, command)
        case click.UsageError():
            path = error.ctx.command_path if error.ctx is not None else command
            return known("W0210", error=error.format_message(), command=path)
        case click.ClickException():
            return with_all_parts(
                Trouble(error.format_message(), remedy=f"{command} --help", exit_code=error.exit_code), command
            )
        case StatusError():
            return refused(error)
        case DamagedFile():
            return with_all_parts(Trouble(str(error), remedy=error.remedy), command)
        case OSError():
            from wherry.cluster.boot import refused_by_machine

            stopped = refused_by_machine(error)
            return with_all_parts(Trouble(str(stopped), remedy=stopped.remedy), command)
        case _:
            return known("W0501", error=f"{type(error).__name__}: {error}", file=_kept(error))


def _kept(error: BaseException) -> str:
    """Write the traceback where only we may read it: it may hold what a person has typed."""
    descriptor, path = tempfile.mkstemp(prefix="wherry-trouble-", suffix=".txt")
    with os.fdopen(descriptor, "w") as file:
        file.writelines(traceback.format_exception(error))
    return path

"""`wherry`: the one command. Each subcommand is one file in cli/commands, imported when it is used."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry import __version__
from wherry.cli.commands.registry import COMMANDS
from wherry.cli.output import note, trouble

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def with_twin(command: click.Command, twin: str) -> click.Command:
    """The command with an option more: --teach shows nearly the same with kubectl, beside the answer."""
    from copy import copy

    def teach(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            ctx.call_on_close(lambda: note(f"The same with kubectl: {twin}"))

    option = click.Option(
        ["--teach"], is_flag=True, expose_value=False, callback=teach, help="Show nearly the same with kubectl."
    )
    made = copy(command)
    made.params = [*command.params, option]
    return made


class LazyGroup(click.Group):
    """Imports a subcommand's file only when that subcommand is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the registry's order, without the internal ones."""
        return [name for name, entry in COMMANDS.items() if entry.shown]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: object = getattr(importlib.import_module(entry.module), "command")  # noqa: B009 - mypy: a module
        assert isinstance(command, click.Command)
        if ctx.resilient_parsing:
            from wherry.cli.completing import teach_names

            teach_names(command)
        return with_twin(command, entry.twin) if entry.twin else command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in --help, from the registry: nothing is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items() if entry.shown])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, from the registry: a Tab waits for no import."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        from click.shell_completion import CompletionItem

        shown = [(name, entry) for name, entry in COMMANDS.items() if entry.shown and name.startswith(incomplete)]
        return [CompletionItem(name, help=entry.summary) for name, entry in shown]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a near miss gets a suggestion."""
        name = args[0] if args else ""
        if name not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f" Did you mean: wherry {near[0]}?" if near else " See: wherry --help"
            ctx.fail(f'there is no command "{name}".{hint}')
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wherry")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="WHERRY_HOME",
    default=Path("~/.wherry"),
    show_default=True,
    show_envvar=True,
    help="The cluster's folder. Two folders are two clusters.",
)
@click.pass_context
def cli(ctx: click.Context, home: Path) -> None:
    """Kubernetes for the rest of us: a real cluster in a second, on this machine."""
    from wherry.cluster.data_dir import DataDir

    if not str(home).strip() or home == Path():
        # An unset variable, most likely: the folder one happens to be in is nobody's cluster.
        raise click.UsageError("--home (or WHERRY_HOME) is empty; leave it out for ~/.wherry, or name a folder")
    root = home.expanduser().absolute()
    ctx.obj = DataDir(root)
    wants_help = not {"-h", "--help"}.isdisjoint(sys.argv)
    if COMMANDS[ctx.invoked_subcommand or ""].needs_root and not wants_help:
        from wherry.cli.rights import become_root
        from wherry.cluster.wanted import has_real_node

        if has_real_node(ctx.obj, sys.argv):
            become_root(root)


def main() -> None:
    """The entry point: exit codes are 0 yes, 1 no, 2 you typed, 3 cannot reach, 4 refused, 5 timed out."""
    try:
        # A command whose answer is no leaves with `ctx.exit(1)`, which comes back as a number.
        code: object = cli(prog_name="wherry", standalone_mode=False, complete_var="_WHERRY_COMPLETE")
        if code:
            sys.exit(1 if not isinstance(code, int) else code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has left; that is no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - nobody who types a command shall have to read a traceback
        from wherry.cli.failing import as_trouble

        told = as_trouble(error, sys.argv[1:])
        trouble(told)
        sys.exit(told.exit_code)
    finally:
        _let_go()


def _let_go() -> None:
    """All is said: who ends us from here on does not see how Python takes itself down."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)

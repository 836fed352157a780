"""What the Tab key offers comes from what a parameter is called, so that new commands have it too."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from wherry.cli.commands.registry import COMMANDS
from wherry.cli.completing import COMPLETIONS, complete_environments, complete_users, complete_words, teach_names
from wherry.cli.main import cli
from wherry.cluster.data_dir import DataDir

PARAMETER = click.Argument(["x"])


def test_every_name_that_is_completed_is_a_parameter_of_some_command() -> None:
    names: set[str | None] = set()
    with click.Context(cli) as context:
        for name in COMMANDS:
            found = cli.get_command(context, name)
            assert found is not None
            children = found.commands.values() if isinstance(found, click.Group) else ()
            names |= {parameter.name for one in (found, *children) for parameter in one.params}
    assert set(COMPLETIONS) <= names


def test_a_command_is_taught_with_its_subcommands() -> None:
    @click.group()
    def group() -> None: ...

    @group.command("child")
    @click.argument("term")
    def child(term: str) -> None: ...

    teach_names(group)
    context = click.Context(child)
    assert "pod" in [item.value for item in child.params[0].shell_complete(context, "po")]


def test_users_and_environments_are_found_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "users").mkdir()
    (tmp_path / "users" / "ana.kubeconfig").touch()
    context = click.Context(cli, obj=DataDir(tmp_path))
    assert complete_users(context, PARAMETER, "a") == ["ana"]
    monkeypatch.chdir(tmp_path)
    assert complete_environments(context, PARAMETER, "") == [], "no project here"
    assert complete_words(context, PARAMETER, "sched") == ["scheduler"]

"""The command line before it reaches a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from wherry.cli.commands.registry import COMMANDS
from wherry.cli.main import cli
from wherry.cli.output import Trouble, printable


def test_help_lists_every_command_with_its_summary() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    for name, entry in COMMANDS.items():
        assert (name in shown and entry.summary.split(".")[0][:30] in shown) == entry.shown


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "kubectl"])
def test_every_command_has_help_that_says_what_it_does(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 3


def test_a_near_miss_gets_a_suggestion() -> None:
    result = CliRunner().invoke(cli, ["statsu"])
    assert result.exit_code == 2
    assert "Did you mean: wherry status?" in result.output


@pytest.mark.parametrize("arguments", [["kubeconfig"], ["story"], ["why", "pod/web"], ["kubectl", "get", "pods"]])
def test_without_a_cluster_the_way_to_one_is_said(arguments: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--home", str(tmp_path / "none"), *arguments])
    assert isinstance(result.exception, Trouble)
    assert result.exception.remedy == "wherry up"
    assert result.exception.exit_code == 3


def test_an_unknown_kind_is_a_typing_mistake(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--home", str(tmp_path), "why", "pood/web"])
    assert isinstance(result.exception, Trouble)
    assert result.exception.exit_code == 2


def test_text_from_a_cluster_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\nc") == "a�[2Jb\nc"

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wherry.cli.where import Where, where_options
from wherry.client.kubeconfig import write_kubeconfig
from wherry.cluster.data_dir import DataDir


@click.command()
@where_options
def show(where: Where) -> None:
    click.echo(f"{where.path} {where.context or '-'}")


def invoke(home: Path, *arguments: str) -> str:
    return CliRunner().invoke(show, arguments, obj=DataDir(home)).output.splitlines()[-1]


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    path = tmp_path / "theirs"
    write_kubeconfig(path, server="https://10.0.0.1", ca_pem=b"", user="ana", token="t")
    return path


def test_the_cluster_that_is_named_comes_before_our_own_and_before_the_environments(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert invoke(home) == f"{home / 'kubeconfig'} -"
    assert invoke(home, "--kubeconfig", str(theirs), "--context", "blue") == f"{theirs} blue"
    monkeypatch.setenv("KUBECONFIG", str(theirs))
    assert invoke(home) == f"{theirs} -"
    home.mkdir()
    (home / "kubeconfig").touch()
    assert invoke(home) == f"{home / 'kubeconfig'} -"

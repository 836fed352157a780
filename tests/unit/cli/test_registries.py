"""What `wherry image pull` and `push` answer, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from suites.small_registry import SmallRegistry, tar_of
from wherry.cli.commands.image import command as image
from wherry.cli.output import Trouble
from wherry.cluster.data_dir import DataDir


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataDir:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return DataDir(tmp_path / "home")


def call(data_dir: DataDir, *arguments: str) -> Result:
    assert isinstance(image, click.Group)
    return CliRunner().invoke(image, arguments, obj=data_dir)


def trouble(data_dir: DataDir, *arguments: str) -> Trouble:
    result = call(data_dir, *arguments)
    assert isinstance(result.exception, Trouble), result.output
    return result.exception


def test_an_image_is_pulled_listed_and_pushed_elsewhere(data_dir: DataDir, tmp_path: Path) -> None:
    with SmallRegistry("basic", users={"ana": "secret"}) as registry:
        digest = registry.put_image("shop/orders", "1", [tar_of({"app": b"x"})])
        name = f"{registry.host}/shop/orders:1"
        refused = trouble(data_dir, "pull", name)
        assert refused.exit_code == 1
        login = {"auths": {registry.host: {"username": "ana", "password": "secret"}}}
        (tmp_path / "config.json").write_text(json.dumps(login))
        pulled = call(data_dir, "pull", name)
        assert digest in pulled.output
        assert f"Next: wherry kubectl run NAME --image={name}" in pulled.output
        assert name in call(data_dir, "list").output
        assert digest in call(data_dir, "push", name, f"{registry.host}/live/orders:1").output
        assert registry.repository("live/orders").tags == {"1": digest}
        assert "not found" in trouble(data_dir, "pull", f"{registry.host}/shop/orders:2").message


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("pull", "Not A Name"), 2, "invalid reference format"),
        (("pull", "127.0.0.1:1/x:1"), 3, "connection refused"),
        (("push", "orders:1"), 2, "names no registry"),
        (("push", "orders:1", "127.0.0.1:1/orders:1"), 1, "There is no image orders:1"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_code(
    data_dir: DataDir, arguments: tuple[str, ...], code: int, words: str
) -> None:
    error = trouble(data_dir, *arguments)
    assert words in error.message
    assert error.exit_code == code
    assert error.remedy


def test_a_setting_that_is_none_is_a_typing_error(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERRY_REGISTRY_MIRRORS", "docker.io")
    error = trouble(data_dir, "pull", "127.0.0.1:1/x:1")
    assert (error.exit_code, "is no mirror" in error.message) == (2, True)


def test_credentials_that_cannot_be_read_name_their_file(data_dir: DataDir, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    error = trouble(data_dir, "pull", "127.0.0.1:1/x:1")
    assert str(tmp_path / "config.json") in error.message

"""What a start decides before anything runs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from wherry.cluster import address_slots, server
from wherry.cluster.boot import StartFailed
from wherry.cluster.data_dir import DataDir, Identity
from wherry.cluster.server import node_name, serve
from wherry.cluster.wanted import Wanted
from wherry.kit import failpoints


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_slots, "RUN_ROOT", tmp_path / "run")
    monkeypatch.setattr(server, "examine", lambda _data_dir, real_node: [])


class Silent:
    def step(self, name: str, duration_ms: float) -> None: ...

    def ready(self) -> None: ...


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch, *, port: int = 0) -> Identity:
    """Everything up to the point where the loop begins."""
    found: list[Identity] = []
    monkeypatch.setattr(server, "_run", lambda _data_dir, identity, _bind, _boot: found.append(identity))
    serve(data_dir, Wanted(port=port or free_port()), Silent())
    return found[0]


def test_a_node_keeps_its_name_when_the_machine_gets_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Laptop.Home")
    assert start(DataDir(tmp_path / "home"), monkeypatch).node_name == "laptop.home"
    monkeypatch.setattr(socket, "gethostname", lambda: "train-wifi-17")
    assert start(DataDir(tmp_path / "home"), monkeypatch).node_name == "laptop.home"


@pytest.mark.parametrize(
    ("hostname", "name"),
    [("MyHost.Example.COM", "myhost.example.com"), ("-a_b-", "a-b"), ("___", "node-1"), ("", "node-1")],
)
def test_any_host_name_becomes_one_that_kubernetes_takes(
    monkeypatch: pytest.MonkeyPatch, hostname: str, name: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: hostname)
    assert node_name() == name


def test_a_port_in_use_is_said_and_claims_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(StartFailed, match="in use by another program") as caught:
            _ = start(DataDir(tmp_path / "home"), monkeypatch, port=other.getsockname()[1])
    assert "the same command with --port" in caught.value.remedy
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "home" / "cluster.json").exists()


def test_failpoints_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    armed: list[str] = []
    monkeypatch.setattr(failpoints, "configure", armed.append)
    monkeypatch.setenv("WHERRY_FAILPOINT", "in-commit:kill:3")
    _ = start(DataDir(tmp_path / "home"), monkeypatch)
    assert armed == ["in-commit:kill:3"]


def test_a_misspelt_failpoint_is_refused_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERRY_FAILPOINT", "boom")
    with pytest.raises(StartFailed, match="WHERRY_FAILPOINT"):
        _ = start(DataDir(tmp_path / "home"), monkeypatch)

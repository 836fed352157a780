from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from wherry.kit.settings import SettingsError, environment, load_settings


@dataclass(frozen=True)
class Listener:
    host: str = "0.0.0.0"
    port: int = 6443
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.port < 65536:
            raise ValueError(f"port {self.port} is not between 0 and 65535")


@dataclass(frozen=True)
class Settings:
    listener: Listener = Listener()
    debug: bool = False
    grace_s: float = 5.0
    data: Path | None = None


def test_flags_win_over_the_environment_over_the_file_over_defaults(tmp_path: Path) -> None:
    toml = tmp_path / "wherry.toml"
    toml.write_text('debug = true\ngrace-s = 7\n[listener]\nport = 1\nhost = "a"\nnames = ["x", "y"]\n')
    loaded = load_settings(
        Settings,
        toml=toml,
        environ={"WHERRY_LISTENER_PORT": "2", "WHERRY_LISTENER_HOST": "b", "OTHER": "x"},
        flags={"listener.port": 3, "debug": None},
    )
    assert loaded.value == Settings(Listener("b", 3, ("x", "y")), debug=True, grace_s=7.0)
    assert loaded.sources == {
        "listener.host": "environment WHERRY_LISTENER_HOST",
        "listener.port": "flag --listener-port",
        "listener.names": f"file {toml}",
        "debug": f"file {toml}",
        "grace_s": f"file {toml}",
        "data": "default",
    }


def test_without_sources_all_is_default(tmp_path: Path) -> None:
    assert load_settings(Settings, toml=tmp_path / "absent").value == Settings()


def test_texts_of_the_environment_become_values() -> None:
    loaded = load_settings(
        Settings,
        environ={"WHERRY_DEBUG": "Yes", "WHERRY_LISTENER_NAMES": "a, b,", "WHERRY_DATA": "/x", "WHERRY_GRACE_S": "0.5"},
    )
    assert loaded.value == Settings(Listener(names=("a", "b")), debug=True, grace_s=0.5, data=Path("/x"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("debug = 3", "debug: 3 is neither true nor false"),
        ("[listener]\nport = true", "listener.port: True is not a number"),
        ("[listener]\nport = 'x'", "listener.port: 'x' is not a number"),
        ("[listener]\nport = 70000", "port 70000 is not between 0 and 65535"),
        ("[listener]\nhost = 3", "listener.host: 3 is not text"),
        ("[listener]\nnames = [1]", "is not a list of texts"),
        ("[listner]\nport = 3", 'there is no setting "listner.port"'),
        ("debug = ", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_settings(Settings, toml=tmp_path / "t.toml")


def test_the_environment_is_that_of_the_process() -> None:
    assert "PATH" in environment()

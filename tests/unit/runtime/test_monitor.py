from __future__ import annotations

import pytest

from wherry.runtime.interface import Resources
from wherry.runtime.oci.cgroups import v1_settings
from wherry.runtime.oci.monitor import signal_number, start_error


@pytest.mark.parametrize(
    ("said", "message", "code"),
    [
        (
            "executable file `nosuch` not found in $PATH: No such file or directory",
            'exec: "nosuch": executable file not found in $PATH',
            127,
        ),
        (
            "executable file `/nosuch` not found: No such file or directory",
            'exec: "/nosuch": stat /nosuch: no such file or directory',
            127,
        ),
        ("open executable: Permission denied", "exec: open executable: Permission denied", 126),
        ("writing file `devices.allow`: Invalid argument", "writing file `devices.allow`: Invalid argument", 128),
        (
            'time="2026-11-23T07:52:22Z" level=error msg="runc create failed: unable to start container process: '
            'exec: \\"nosuch\\": executable file not found in $PATH"',
            'exec: "nosuch": executable file not found in $PATH',
            127,
        ),
        ("", "the container could not be created", 128),
    ],
)
def test_a_refusal_is_told_in_kubernetes_words(said: str, message: str, code: int) -> None:
    error = start_error(said)
    assert (str(error), error.exit_code) == (message, code)


@pytest.mark.parametrize(
    ("name", "number"), [("SIGINT", 2), ("quit", 3), ("9", 9), ("SIGRTMIN+3", 37), ("nonsense", 15), ("", 15)]
)
def test_a_stop_signal_is_understood_in_every_spelling(name: str, number: int) -> None:
    assert signal_number(name) == number


def test_devices_are_closed_before_the_harmless_are_opened() -> None:
    devices = [value for controller, _, value in v1_settings(Resources(), privileged=False) if controller == "devices"]
    assert devices[0] == "a"
    assert "c 1:3 rwm" in devices
    assert not any(value.startswith("b ") and value != "b *:* m" for value in devices)
    assert v1_settings(Resources(), privileged=True) == []

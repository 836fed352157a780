"""The RuntimeDefault system call filter: data in seccomp.json, turned into OCI form. Pure apart from reading it."""

from __future__ import annotations

import platform
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import msgspec

Json = dict[str, object]


class SeccompData(msgspec.Struct, frozen=True, rename="camel"):
    """The file's content."""

    allow: tuple[str, ...]
    with_capability: dict[str, tuple[str, ...]]
    clone_flags_refused: int
    personalities: tuple[int, ...]
    socket_family_refused: int
    errno_refused: int
    errno_missing: int
    architectures: dict[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def seccomp_data() -> SeccompData:
    """The profile's data."""
    text = Path(__file__).with_name("seccomp.json").read_bytes()
    return msgspec.json.decode(text, type=SeccompData)


def default_profile(capabilities: Collection[str], machine: str = "") -> Json:
    """The filter for a container with these capabilities, as OCI `linux.seccomp`.

    `machine` is the processor's name as in `uname -m`; "" is this machine's.
    """
    data = seccomp_data()
    allowed = set(data.allow)
    for capability, calls in data.with_capability.items():
        if capability in capabilities:
            allowed.update(calls)
    rules: list[Json] = [{"names": sorted(allowed), "action": "SCMP_ACT_ALLOW"}]
    rules += [_rule("personality", _argument(0, value, "SCMP_CMP_EQ")) for value in data.personalities]
    rules.append(_rule("socket", _argument(0, data.socket_family_refused, "SCMP_CMP_NE")))
    if "CAP_SYS_ADMIN" in capabilities:
        rules.append({"names": ["clone"], "action": "SCMP_ACT_ALLOW"})
    else:
        masked = {"index": 0, "value": data.clone_flags_refused, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
        rules.append(_rule("clone", masked))
        rules.append({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": data.errno_missing})
    profile: Json = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": data.errno_refused,
        "syscalls": rules,
    }
    architectures = data.architectures.get(machine or platform.machine())
    if architectures is not None:
        profile["architectures"] = list(architectures)
    return profile


def _rule(name: str, argument: Json) -> Json:
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [argument]}


def _argument(index: int, value: int, operator: str) -> Json:
    return {"index": index, "value": value, "op": operator}

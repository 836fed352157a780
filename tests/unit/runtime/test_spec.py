from __future__ import annotations

from dataclasses import replace

import pytest

from wherry.runtime.interface import ContainerConfig, FailedPrecondition, ImageConfig, Resources, Security
from wherry.runtime.oci.seccomp import default_profile
from wherry.runtime.oci.spec import (
    ALL_CAPABILITIES,
    BindMount,
    SpecInput,
    allowed_oom_score_adj,
    build_spec,
    container_argv,
    container_capabilities,
    container_env,
    runtime_resources,
)
from wherry.runtime.oci.users import User

IMAGE = ImageConfig(entrypoint=("/entry", "-e"), command=("cmd",), env={"A": "image", "B": "image"})
USER = User(5, 6, (7,), "/home")


def config(**settings: object) -> ContainerConfig:
    return ContainerConfig("main", 0, "demo:1", **settings)  # type: ignore[arg-type]


def given(**settings: object) -> SpecInput:
    basis = SpecInput(
        config=config(),
        image=IMAGE,
        user=USER,
        hostname="web-0",
        root_path="/rootfs",
        working_dir="/app",
        namespaces={"network": "/ns/net", "mount": "", "pid": ""},
    )
    return replace(basis, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "args", "argv"),
    [
        ((), (), ["/entry", "-e", "cmd"]),
        ((), ("x",), ["/entry", "-e", "x"]),
        (("sh",), (), ["sh"]),
        (("sh",), ("-c", "x"), ["sh", "-c", "x"]),
    ],
)
def test_command_and_args_override_the_image_as_in_kubernetes(
    command: tuple[str, ...], args: tuple[str, ...], argv: list[str]
) -> None:
    assert container_argv(config(command=command, args=args), IMAGE) == argv


def test_no_program_at_all_is_refused() -> None:
    with pytest.raises(FailedPrecondition, match="no command specified"):
        container_argv(config(), ImageConfig())
    with pytest.raises(FailedPrecondition, match="NUL"):
        container_argv(config(command=("a\0b",)), IMAGE)


def test_the_pods_environment_wins() -> None:
    env = container_env(config(env={"B": "pod"}, tty=True), IMAGE, USER, "web-0")
    assert env["PATH"].endswith(":/bin")
    assert (env["A"], env["B"], env["HOSTNAME"], env["HOME"], env["TERM"]) == (
        "image",
        "pod",
        "web-0",
        "/home",
        "xterm",
    )
    with pytest.raises(FailedPrecondition):
        container_env(config(env={"A=B": "x"}), IMAGE, USER, "h")


def test_capabilities_are_dropped_then_added() -> None:
    assert len(container_capabilities(Security())) == 14
    assert container_capabilities(Security(capabilities_drop=("ALL",), capabilities_add=("net_admin",))) == [
        "CAP_NET_ADMIN"
    ]
    assert "CAP_NET_RAW" not in container_capabilities(Security(capabilities_drop=("CAP_NET_RAW",)))
    assert container_capabilities(Security(privileged=True)) == sorted(ALL_CAPABILITIES)
    assert container_capabilities(Security(privileged=True), ("CAP_CHOWN",)) == ["CAP_CHOWN"]


def test_the_defaults_close_the_dangerous_paths() -> None:
    spec = build_spec(given())
    linux, process = spec["linux"], spec["process"]
    assert isinstance(linux, dict)
    assert isinstance(process, dict)
    assert "/proc/kcore" in linux["maskedPaths"]
    assert "/proc/sys" in linux["readonlyPaths"]
    assert linux["seccomp"]["defaultAction"] == "SCMP_ACT_ERRNO"
    assert {"type": "network", "path": "/ns/net"} in linux["namespaces"]
    assert {"type": "pid"} in linux["namespaces"]
    assert process["user"] == {"uid": 5, "gid": 6, "additionalGids": [7]}
    assert process["cwd"] == "/app"


def test_privileged_opens_them() -> None:
    linux = build_spec(given(config=config(security=Security(privileged=True, no_new_privileges=True))))["linux"]
    assert isinstance(linux, dict)
    assert linux["maskedPaths"] == []
    assert "seccomp" not in linux


def test_a_volume_inside_a_volume_comes_after_it() -> None:
    spec = build_spec(given(mounts=(BindMount("/x", "/data/sub"), BindMount("/y", "/data", read_only=True))))
    mounts = spec["mounts"]
    assert isinstance(mounts, list)
    assert [mount["destination"] for mount in mounts[-2:]] == ["/data", "/data/sub"]
    assert mounts[-2]["options"] == ["rbind", "rprivate", "ro"]


def test_limits_for_a_runtime_that_writes_cgroups_itself() -> None:
    limits = runtime_resources(
        Resources(cpu_shares=2, cpu_quota_us=5, memory_limit_bytes=10, pids_limit=3), privileged=False
    )
    assert limits == {
        "devices": [{"allow": False, "access": "rwm"}],
        "cpu": {"shares": 2, "quota": 5, "period": 100_000},
        "memory": {"limit": 10, "swap": 10},
        "pids": {"limit": 3},
    }


def test_a_score_that_may_not_be_set_is_left_alone() -> None:
    assert allowed_oom_score_adj(-997, 0, may_lower=False) is None
    assert allowed_oom_score_adj(-997, 0, may_lower=True) == -997
    assert allowed_oom_score_adj(1000, 0, may_lower=False) == 1000
    assert allowed_oom_score_adj(None, 0, may_lower=True) is None


def test_the_filter_lets_ordinary_calls_pass_and_not_the_dangerous() -> None:
    profile = default_profile(["CAP_CHOWN"], "x86_64")
    rules = profile["syscalls"]
    assert isinstance(rules, list)
    allowed = set(rules[0]["names"])
    assert {"openat", "execve", "epoll_wait", "futex", "getrandom", "statx"} <= allowed
    assert not allowed & {"mount", "unshare", "setns", "bpf", "kexec_load", "keyctl", "userfaultfd", "reboot", "swapon"}
    assert "mount" in default_profile(["CAP_SYS_ADMIN"], "aarch64")["syscalls"][0]["names"]  # type: ignore[index]

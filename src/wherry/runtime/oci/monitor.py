"""conmon: the small process between Wherry and a container that outlives Wherry.

It starts the OCI runtime, copies the container's output into the log (CRI form), serves attach clients,
and at the end writes the exit code into a file. Wherry talks to it through files in the container's
directory: `ctl` (a FIFO for terminal sizes and log rotation) and `attach` (a socket).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
from pathlib import Path

from wherry.kit.linux.pidfd import ProcessIdentity, identify
from wherry.kit.process import Launch
from wherry.runtime.interface import DeadlineExceeded, RuntimeFailure, StartError
from wherry.runtime.oci.paths import Paths
from wherry.runtime.oci.program import OciProgram
from wherry.runtime.oci.records import ContainerRecord

# A create takes 10 ms; this is for a machine that swaps.
CREATE_TIMEOUT_S = 60.0

# The agent moves a log aside when it grows; a program that fills a disk before the agent looks starts over here.
LOG_BYTES_MAX = 64 * 1024 * 1024

EXIT_NOT_FOUND = 127
EXIT_NOT_ALLOWED = 126
EXIT_CANNOT_START = 128


def monitor_argv(
    record: ContainerRecord, paths: Paths, program: OciProgram, monitor: str, *, stdin_once: bool, launcher: bool
) -> list[str]:
    """The monitor's command line for a container. `launcher`: through the script that enters the control groups."""
    argv = [
        monitor,
        "--api-version=1",
        "--cid",
        record.id,
        "--cuuid",
        record.id,
        "--name",
        record.name,
        "--bundle",
        str(paths.container(record.id)),
        "--container-pidfile",
        str(paths.init_pid(record.id)),
        "--conmon-pidfile",
        str(paths.monitor_pid(record.id)),
        "--exit-dir",
        str(paths.exits),
        "--log-path",
        f"k8s-file:{record.log_path}",
        "--log-level",
        "error",
        f"--log-size-max={LOG_BYTES_MAX}",
        "--no-sync-log",
        "--full-attach",
        "--runtime",
        str(paths.launcher) if launcher else program.path,
    ]
    options = ([record.id] if launcher else []) + program.global_options()
    argv += [f"--runtime-arg={option}" for option in options]
    if record.tty:
        argv.append("--terminal")
    if record.stdin:
        argv.append("--stdin")
        if not stdin_once:
            argv.append("--leave-stdin-open")
    return argv


def create_container(argv: list[str]) -> int:
    """Start the monitor, which creates the container; gives the process id of the container's init.

    Blocks; runs on the thread whose mount namespace the container is to have.

    Raises:
        StartError: the OCI runtime refused; the message is what Kubernetes would show.
        DeadlineExceeded: no answer.
    """
    reader, writer = os.pipe()
    try:
        launcher = Launch(
            argv,
            # Without a UTF-8 locale conmon refuses arguments that are not ASCII, such as a home's path.
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "_OCI_SYNCPIPE": str(writer)},
            pass_fds=(writer,),
            cwd="/",
        ).start()
        os.close(writer)
        writer = -1
        answer = _read_line(reader)
        # The first process only forks the real monitor and ends.
        launcher.wait()
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    try:
        said = json.loads(answer)
        pid = int(said["data"] if "data" in said else said["pid"])
        message = str(said.get("message", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise StartError(f"conmon gave no answer: {answer.decode('utf-8', 'replace')!r}") from error
    if pid <= 0:
        raise start_error(message)
    return pid


def _read_line(descriptor: int) -> bytes:
    kept = bytearray()
    while b"\n" not in kept:
        ready, _, _ = select.select([descriptor], [], [], CREATE_TIMEOUT_S)
        if not ready:
            raise DeadlineExceeded(f"creating the container took longer than {CREATE_TIMEOUT_S:.0f} s")
        chunk = os.read(descriptor, 65536)
        if not chunk:
            break
        kept += chunk
    return bytes(kept)


def start_error(message: str) -> StartError:
    """What the OCI runtime said, in the words that Kubernetes' users know. Pure."""
    text = " ".join(line for line in message.strip().splitlines() if line)
    text = re.sub(r"^(?:\d{4}-\d\d-\d\dT\S+:?\s*)?(?:error(?: executing| \S+)?:\s*)?", "", text).strip()
    from_runc = re.search(r'exec: \\?"(.+?)\\?": (.+?)"?$', text)
    if from_runc:
        what = from_runc.group(2)
        missing_there = "not found" in what or "no such file" in what
        code = EXIT_NOT_FOUND if missing_there else EXIT_NOT_ALLOWED if "permission" in what else EXIT_CANNOT_START
        return StartError(f'exec: "{from_runc.group(1)}": {what}', code)
    missing = re.search(r"executable file [`'\"]?([^`'\"]+?)[`'\"]? not found(?: in \$PATH)?", text)
    if missing:
        name = missing.group(1)
        what = f"stat {name}: no such file or directory" if "/" in name else "executable file not found in $PATH"
        return StartError(f'exec: "{name}": {what}', EXIT_NOT_FOUND)
    denied = re.search(r"(?:open|exec(?:ve)?|stat) executable(?: file)? [`'\"]?([^`'\"]*?)[`'\"]?: (.*)", text)
    if denied or "Permission denied" in text:
        return StartError(f"exec: {text}", EXIT_NOT_ALLOWED)
    return StartError(text or "the container could not be created", EXIT_CANNOT_START)


def find_monitor_process(paths: Paths, container_id: str) -> ProcessIdentity | None:
    """The living monitor of a container, from its pid file."""
    return _identity_from(paths.monitor_pid(container_id), container_id)


def find_init_process(paths: Paths, container_id: str) -> ProcessIdentity | None:
    """The living first process of a container, from its pid file."""
    return _identity_from(paths.init_pid(container_id), "")


def _identity_from(file: Path, mentioned: str) -> ProcessIdentity | None:
    try:
        pid = int(file.read_text(encoding="ascii"))
        # A pid file may be older than the process that has its number now; the monitor names its container.
        if mentioned and mentioned.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return None
    except (OSError, ValueError):
        return None
    return identify(pid)


def read_exit_code(paths: Paths, container_id: str) -> tuple[int, float] | None:
    """The exit code and its time, once the monitor has written them."""
    path = paths.exit(container_id)
    try:
        return int(path.read_text(encoding="ascii").strip()), path.stat().st_mtime
    except (FileNotFoundError, ValueError):
        return None


def send_control(paths: Paths, container_id: str, line: str) -> None:
    """Write a line to the monitor's control FIFO.

    Raises:
        RuntimeFailure: nobody reads it.
    """
    try:
        descriptor = os.open(paths.container(container_id) / "ctl", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise RuntimeFailure(f"the monitor of container {container_id} does not answer: {error.strerror}") from error
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def resize_terminal(paths: Paths, container_id: str, columns: int, rows: int) -> None:
    """Set the size of the container's terminal."""
    send_control(paths, container_id, f"1 {rows} {columns}\n")


def reopen_log(paths: Paths, container_id: str) -> None:
    """Make the monitor write to a new file at the log's path."""
    send_control(paths, container_id, "2 0 0\n")


def signal_number(name: str) -> int:
    """The number of `SIGTERM`, `TERM` or `15`; SIGTERM for what is none."""
    upper = name.upper().removeprefix("SIG")
    if upper.isdecimal() and 0 < int(upper) < signal.NSIG:
        return int(upper)
    if upper.startswith("RTMIN+") and upper[6:].isdecimal():
        return signal.SIGRTMIN + int(upper[6:])
    with contextlib.suppress(KeyError):
        return signal.Signals[f"SIG{upper}"].value
    return signal.SIGTERM

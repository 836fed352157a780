"""`wherry down`: stop the cluster and leave the machine as it was."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time

import click

from wherry.cli.consent import ask_first, yes_option
from wherry.cli.output import Trouble, progress, say
from wherry.cli.running import running_pid
from wherry.cluster.data_dir import DataDir, Identity, read_identity
from wherry.kit.process import run_blocking

SERVER_STOP_S = 15.0
TEARDOWN_S = 90.0


def stop_server(data_dir: DataDir, pid: int) -> None:
    """Ask the server to stop and wait for its end; it has nothing to lose, so a silent one is killed."""
    if not hasattr(os, "pidfd_open"):
        _stop_by_lock(data_dir, pid)
        return
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        for number, wait_s in ((signal.SIGTERM, SERVER_STOP_S), (signal.SIGKILL, SERVER_STOP_S)):
            signal.pidfd_send_signal(descriptor, number)
            if select.select([descriptor], [], [], wait_s)[0]:
                return
        raise Trouble(f"process {pid} does not end", remedy=f"kill -9 {pid}", exit_code=5)
    finally:
        os.close(descriptor)


def _stop_by_lock(data_dir: DataDir, pid: int) -> None:
    """The same where processes cannot be waited for by strangers (not Linux): the folder's lock ends with it."""
    from wherry.kit.files import DirectoryLock
    from wherry.kit.threads import ends_within

    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if ends_within(DirectoryLock(data_dir.root).wait_until_free, SERVER_STOP_S):
            return
    raise Trouble(f"process {pid} does not end", remedy=f"kill -9 {pid}", exit_code=5)


@click.command()
@click.option("--delete-data", is_flag=True, help="Delete the cluster's folder too: objects, images, volumes.")
@yes_option
@click.pass_obj
def command(data_dir: DataDir, delete_data: bool, yes: bool) -> None:
    """Stop every container and the masters; addresses, rules, mounts and limits of the cluster go too.

    What you have deployed stays in the cluster's folder and starts again with the next `wherry up`.
    """
    identity = read_identity(data_dir)
    if delete_data and identity is not None and identity.real_node:
        # Played nodes hold nothing that could be lost: such a cluster is made anew in a second.
        ask_first(f"Deleting the cluster in {data_dir.root}, with its images and volumes,", yes=yes)
    if identity is None:
        say(f"There is no cluster in {data_dir.root}.")
        if delete_data and data_dir.root.is_dir():
            _ = data_dir.delete()
        return
    started_s = time.monotonic()
    pid = running_pid(data_dir)
    if pid > 0:
        stop_server(data_dir, pid)
        progress("the masters have stopped", (time.monotonic() - started_s) * 1000)
    if identity.real_node:
        _clear_machine(data_dir)
    if delete_data:
        _delete(data_dir, identity)
    else:
        say(f"Your cluster is stopped; what you deployed is kept in {data_dir.root}.")
        say("Next: wherry up   start it again     wherry down --delete-data   forget it")


def _clear_machine(data_dir: DataDir) -> None:
    """Stop the containers and take everything off the machine that the cluster has put there."""
    started_s = time.monotonic()
    argv = [sys.executable, "-m", "wherry", "--home", str(data_dir.root), "teardown"]
    done = run_blocking(argv, timeout_s=TEARDOWN_S)
    if done.exit_code != 0:
        raise Trouble(f"the machine could not be cleared: {done.message()}", remedy="wherry down once more")
    progress("containers, network and limits are gone", (time.monotonic() - started_s) * 1000)


def _delete(data_dir: DataDir, identity: Identity) -> None:
    """Forget the cluster."""
    if identity.real_node:
        from wherry.cluster.address_slots import release_slot

        release_slot(data_dir, identity.slot)
    if data_dir.delete():
        say(f"Your cluster is gone, and {data_dir.root} with it.")
    else:
        say(f"Your cluster is gone; {data_dir.root} holds other files and stays.")
    say("Next: wherry up")

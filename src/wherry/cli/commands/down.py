"""`wherry down`: stop the cluster and leave the machine as it was."""

from __future__ import annotations

import os
import select
import signal
import sys
import time

import click

from wherry.cli.launch import running_pid
from wherry.cli.output import Trouble, progress, say
from wherry.cluster.address_slots import release_slot
from wherry.cluster.data_dir import DataDir, read_identity
from wherry.kit.process import run_blocking

SERVER_STOP_S = 15.0
TEARDOWN_S = 90.0


def stop_server(pid: int) -> None:
    """Ask the server to stop and wait for its end; it has nothing to lose, so a silent one is killed."""
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


@click.command()
@click.option("--delete-data", is_flag=True, help="Delete the cluster's folder too: objects, images, volumes.")
@click.pass_obj
def command(data_dir: DataDir, delete_data: bool) -> None:
    """Stop every container and the masters; addresses, rules, mounts and limits of the cluster go too.

    What you have deployed stays in the cluster's folder and starts again with the next `wherry up`.
    """
    identity = read_identity(data_dir)
    if identity is None:
        say(f"There is no cluster in {data_dir.root}.")
        if delete_data and data_dir.root.is_dir():
            _ = data_dir.delete()
        return
    started_s = time.monotonic()
    pid = running_pid(data_dir)
    if pid > 0:
        stop_server(pid)
        progress("the masters have stopped", (time.monotonic() - started_s) * 1000)
    started_s = time.monotonic()
    argv = [sys.executable, "-m", "wherry", "--home", str(data_dir.root), "teardown"]
    done = run_blocking(argv, timeout_s=TEARDOWN_S)
    if done.exit_code != 0:
        raise Trouble(f"the machine could not be cleared: {done.message()}", remedy="wherry down once more")
    progress("containers, network and limits are gone", (time.monotonic() - started_s) * 1000)
    if delete_data:
        release_slot(data_dir, identity.slot)
        if data_dir.delete():
            say(f"Your cluster is gone, and {data_dir.root} with it.")
        else:
            say(f"Your cluster is gone; {data_dir.root} holds other files and stays.")
    else:
        say(f"Your cluster is stopped; what you deployed is kept in {data_dir.root}.")
        say("Next: wherry up   start it again     wherry down --delete-data   forget it")

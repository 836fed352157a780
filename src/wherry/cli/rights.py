"""Root's rights, for the commands that need them: namespaces, mounts, addresses and limits are root's to give."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from wherry.cli.output import Trouble, note
from wherry.kit.process import run_blocking

SUDO_S = 30.0
HANDED_ON = (
    "KUBECONFIG",
    "DOCKER_CONFIG",
    "WHERRY_",
    "PIP_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "https_proxy",
    "no_proxy",
    "LANG",
    "LC_",
    "TERM",
    "NO_COLOR",
)


def become_root(home: Path) -> None:
    """Go on as root: at once when we are, else by starting this same command again through sudo.

    `home` is made first, so that it belongs to whoever typed the command, and so does the kubeconfig in it.
    """
    if os.geteuid() == 0:
        return
    sudo = shutil.which("sudo")
    if sudo is None:
        raise Trouble(
            "containers, their network and their limits need root, and there is no sudo here",
            remedy="run the same command as root",
            exit_code=4,
        )
    if not sys.stdin.isatty() and run_blocking([sudo, "-n", "true"], timeout_s=SUDO_S).exit_code:
        raise Trouble(
            "containers, their network and their limits need root, and sudo cannot ask for a password here",
            remedy="run the same command in a terminal, or as root",
            exit_code=4,
        )
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    note("Containers need root's rights: going on through sudo.")
    kept = [f"{name}={value}" for name, value in os.environ.items() if name.startswith(HANDED_ON)]  # noqa: TID251
    # Whoever has logged in to a registry did it as themselves.
    kept += [f"DOCKER_CONFIG={Path.home() / '.docker'}"] * (not any(one.startswith("DOCKER_CONFIG=") for one in kept))
    kept.append("PYTHONDONTWRITEBYTECODE=1")  # root leaves no files of its own in a user's folders
    arguments = [sys.executable, "-m", "wherry", *sys.argv[1:]]
    os.execv(sudo, [sudo, "--", "/usr/bin/env", *kept, f"WHERRY_HOME={home}", *arguments])  # noqa: S606 - becomes sudo

"""Watches for some seconds whom the service talks to, and says which addresses its settings name.

    python3 peers.py SECONDS VARIABLE...

It prints {"peers": [[address, port]], "declared": {host: [address]}}. A connection that others have made to the
service's own port is none of these.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time

LISTEN = "0A"
STEP_S = 0.005
HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:[^@/\s]*@)?\[?([a-z0-9][a-z0-9.-]*)\]?(?::\d+)?(?:[/?].*)?", re.IGNORECASE
)


def address_of(text: str) -> str:
    """An address as the kernel's table writes it, in the usual form."""
    raw = bytes.fromhex(text)
    words = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    if len(words) == 4:
        return socket.inet_ntop(socket.AF_INET, words)
    mapped = words[:12] == bytes(10) + b"\xff\xff"
    return socket.inet_ntop(socket.AF_INET, words[12:]) if mapped else socket.inet_ntop(socket.AF_INET6, words)


def rows() -> list[list[str]]:
    """The connections of this pod, as the kernel lists them."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                found += [line.split() for line in file.read().splitlines()[1:]]
        except OSError:
            continue
    return found


def peers(seconds: float) -> list[tuple[str, int]]:
    """Whom this pod has called."""
    # The kernel's table changes while it is read, so a listener may be missing in one reading: all of them count.
    own: set[str] = set()
    seen: set[tuple[str, str]] = set()
    until = time.monotonic() + seconds
    while True:
        for row in rows():
            local = row[1].split(":")[1]
            if row[3] == LISTEN:
                own.add(local)
            else:
                seen.add((local, row[2]))
        if time.monotonic() > until:
            called = (remote.split(":") for local, remote in seen if local not in own)
            return sorted({(address_of(address), int(port, 16)) for address, port in called})
        time.sleep(STEP_S)


def declared(names: list[str]) -> dict[str, list[str]]:
    """The hosts that these variables name, with their addresses."""
    found: dict[str, list[str]] = {}
    for name in names:
        match = HOST.fullmatch(os.environ.get(name, ""))
        if match is None or match[1].isdigit():
            continue
        try:
            answers = socket.getaddrinfo(match[1], None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            continue
        found[match[1]] = sorted({str(entry[4][0]) for entry in answers})
    return found


def main() -> None:
    """Watch, and print what was seen."""
    seconds, names = float(sys.argv[1]), sys.argv[2:]
    print(json.dumps({"peers": peers(seconds), "declared": declared(names)}))


if __name__ == "__main__":
    main()

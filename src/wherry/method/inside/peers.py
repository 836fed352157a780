"""Watches for some seconds whom the service talks to, and says which addresses its settings name.

    python3 peers.py SECONDS VARIABLE... [-- PLACE...]

A place is a file with settings, or a folder of such. It prints {"peers": [[address, port]], "declared": {host:
[address]}}. A connection that others have made to the service's own port is none of these.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import threading
import time

LISTEN = "0A"
STEP_S = 0.005
FILE_BYTES_MAX = 65536
HOSTS_MAX = 200
HOST_CHARS_MAX = 260
RESOLVE_S = 8.0
AT_ONCE = 16
# Between two addresses, and between an address and what it is for: a=redis://b:1/0, c.
APART = re.compile(r"://|[\s,;=|\"'<>(){}]+")
AFTER = re.compile(r"[/?#]")
NAME = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
HOST = re.compile(rf"(?:\[([0-9a-f:.]+)\]|({NAME}(?:\.{NAME})*))\.?(:\d+)?|([0-9a-f]*:[0-9a-f.]*:[0-9a-f:.]*)")
# A word without these may be any word.
MARK = re.compile(r"[.:]")
SPEAKS_OF_HOSTS = re.compile(
    r"://|host|addr|server|url|uri|dsn|endpoint|upstream|backend|service|broker|node|peer|cluster", re.IGNORECASE
)
NUMBER = re.compile(r"\d+(\.\d+){0,2}")


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


def hosts_in(text: str, about: str = "") -> list[str]:
    """All that may be a host in a setting. A word among others is one only where it speaks of hosts.

    Args:
        text: the setting's value.
        about: what the setting is called, when that is not in the text.
    """
    found: dict[str, None] = {}
    tokens = [token for token in APART.split(text.lower()) if token]
    is_about_hosts = len(tokens) == 1 or SPEAKS_OF_HOSTS.search(f"{about} {text}") is not None
    for token in tokens:
        place = token.lstrip("/")
        for part in (AFTER.split(place)[0].rpartition("@")[2], AFTER.split(place.rpartition("@")[2])[0]):
            match = HOST.fullmatch(part) if len(part) <= HOST_CHARS_MAX else None
            host = (match[1] or match[2] or match[4]) if match else ""
            if host and not NUMBER.fullmatch(host) and (is_about_hosts or part != token or MARK.search(part)):
                found[host] = None
    return list(found)


def files_at(place: str) -> list[str]:
    """A file, or the files in a folder."""
    if os.path.isfile(place):
        return [place]
    return [os.path.join(folder, name) for folder, _, names in os.walk(place) for name in sorted(names)]


def read_settings(path: str) -> str:
    """The beginning of a file; "" when it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(FILE_BYTES_MAX)
    except OSError:
        return ""


def resolve(hosts: list[str]) -> dict[str, list[str]]:
    """The hosts that there are, with their addresses: as far as the names' server answers in time."""
    found: dict[str, list[str]] = {}
    waiting = hosts[::-1]

    def work() -> None:
        while True:
            try:
                host = waiting.pop()
            except IndexError:
                return
            try:
                answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                continue
            found[host] = sorted({str(entry[4][0]) for entry in answers})

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(AT_ONCE, len(hosts)))]
    until = time.monotonic() + RESOLVE_S
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return {host: found[host] for host in hosts if host in found}


def declared(names: list[str], places: list[str]) -> dict[str, list[str]]:
    """The hosts that these variables and files name, with their addresses."""
    settings = [(os.environ.get(name, ""), name) for name in names]
    files = [read_settings(path) for place in places for path in files_at(place)]
    settings += [(line, "") for text in files for line in text.splitlines()]
    hosts = dict.fromkeys(host for text, about in settings for host in hosts_in(text, about))
    return resolve(list(hosts)[:HOSTS_MAX])


def main() -> None:
    """Watch, and print what was seen."""
    seconds, rest = float(sys.argv[1]), [*sys.argv[2:], "--"]
    end = rest.index("--")
    print(json.dumps({"peers": peers(seconds), "declared": declared(rest[:end], rest[end + 1 : -1])}))


if __name__ == "__main__":
    main()

"""Asks for one path as often as it can for some seconds, of several addresses in turns, without anybody in between.

    python3 requests.py SECONDS AT_ONCE PORT PATH ADDRESS...

It prints {"answered": 812, "failed": 0}.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time

WAIT_S = 10.0
OK_MAX = 399


def ask(address: str, port: int, path: str, until: float, counts: dict[str, int]) -> None:
    """Ask one address again and again over one connection."""
    connection = http.client.HTTPConnection(address, port, timeout=WAIT_S)
    while time.monotonic() < until:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            counts["answered" if answer.status <= OK_MAX else "failed"] += 1
        except (OSError, http.client.HTTPException):
            counts["failed"] += 1
            connection.close()
    connection.close()


def main() -> None:
    """Ask, side by side, and print how often it was answered."""
    seconds, at_once, port, path = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    addresses = sys.argv[5:]
    until = time.monotonic() + seconds
    counts = [{"answered": 0, "failed": 0} for _ in range(at_once)]
    threads = [
        threading.Thread(target=ask, args=(addresses[number % len(addresses)], port, path, until, counts[number]))
        for number in range(at_once)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({name: sum(count[name] for count in counts) for name in ("answered", "failed")}))


if __name__ == "__main__":
    main()

"""Sends a request in two halves with a pause between, as a slow client does, and prints the status of the answer.

    python3 slow_request.py ADDRESS PORT METHOD PATH BODY SECONDS

It prints {"status": 201}, or {"status": 0, "why": "..."} when the connection was cut.
"""

from __future__ import annotations

import json
import socket
import sys
import time

ANSWER_S = 15.0


def ask(address: str, port: int, head: bytes, body: bytes, pause: float) -> int:
    """The status of the answer; 0 when there is none. Raises OSError."""
    half = max(1, len(body) // 2)
    with socket.create_connection((address, port), timeout=ANSWER_S) as connection:
        connection.sendall(head + body[:half])
        print("begun", flush=True)
        time.sleep(pause)
        connection.sendall(body[half:])
        answer = b""
        while b"\r\n" not in answer:
            part = connection.recv(4096)
            if not part:
                return 0
            answer += part
    return int(answer.split(b" ", 2)[1])


def main() -> None:
    """Ask, and print."""
    address, port, method, path, text, pause = sys.argv[1:]
    body = text.encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: {address}:{port}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    try:
        status = ask(address, int(port), head.encode(), body, float(pause))
        print(json.dumps({"status": status, "why": "" if status else "the connection was closed without an answer"}))
    except (OSError, ValueError, IndexError) as error:
        print(json.dumps({"status": 0, "why": str(error)}))


if __name__ == "__main__":
    main()

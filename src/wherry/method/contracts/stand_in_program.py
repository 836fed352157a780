"""Stands in for a service: answers each request as a script says. Needs nothing but Python, so it runs in any image.

    python3 stand_in_program.py SCRIPT.json PORT [ADDRESS]

The script is a list of {"method", "path", "query", "status", "headers", "body"}, where the path is a regular expression
and a query of null is any. The first entry that fits answers; when none fits, the answer is 404 and says so.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

Entry = dict[str, object]
BODY_BYTES_MAX = 16 * 1024 * 1024


def choose(script: list[Entry], method: str, path: str, query: str) -> Entry:
    """The entry of the script that answers a request."""
    given = sorted(parse_qsl(query, keep_blank_values=True))
    for entry in script:
        wanted = entry.get("query")
        is_asked = wanted is None or sorted(parse_qsl(str(wanted), keep_blank_values=True)) == given
        if entry["method"] == method and is_asked and re.fullmatch(str(entry["path"]), path):
            return entry
    what = f"the contract says nothing about {method} {path}"
    return {"status": 404, "headers": {"content-type": "application/json"}, "body": json.dumps({"stand-in": what})}


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    script: list[Entry]

    def answer(self) -> None:
        """Whatever the method: look it up."""
        length = int(self.headers.get("content-length") or 0)
        self.rfile.read(min(length, BODY_BYTES_MAX))
        path, _, query = self.path.partition("?")
        entry = choose(self.script, self.command, path, query)
        body = str(entry["body"]).encode()
        self.send_response(int(str(entry["status"])))
        headers = entry["headers"]
        for name, value in headers.items() if isinstance(headers, dict) else ():
            self.send_header(name, str(value))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815 - http.server's names


def main() -> None:
    """Serve until told to stop."""
    script_path, port, *address = sys.argv[1:]
    Handler.script = json.loads(Path(script_path).read_text(encoding="utf-8"))
    server = ThreadingHTTPServer((address[0] if address else "", int(port)), Handler)
    # PID 1 of a container has no default for this signal.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"ready on port {port}\n")
    server.serve_forever()


if __name__ == "__main__":
    main()

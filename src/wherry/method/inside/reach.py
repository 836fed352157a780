"""Says whether an address can be reached from here: it prints true or false.

python3 reach.py ADDRESS PORT
"""

from __future__ import annotations

import json
import socket
import sys

WAIT_S = 1.0


def main() -> None:
    """Try to connect, and print."""
    try:
        socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=WAIT_S).close()
        reached = True
    except OSError:
        reached = False
    print(json.dumps(reached))


if __name__ == "__main__":
    main()

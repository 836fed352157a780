"""Tells the container's first process to end, as Kubernetes does."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Send SIGTERM, and say so."""
    os.kill(1, signal.SIGTERM)
    print("true")


if __name__ == "__main__":
    main()

"""What a client of the HTTP server may ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much and how long a client may ask; the numbers are kube-apiserver's unless a reason is given."""

    body_bytes: int = 3 << 20
    head_bytes: int = 1 << 20
    # A client with this many headers is not one of ours; each costs a dict entry.
    headers_max: int = 500
    head_s: float = 32.0
    body_s: float = 60.0
    idle_s: float = 90.0
    # A client that takes nothing of its answer for so long is gone, whatever TCP believes.
    stalled_s: float = 30.0
    # A watcher with this much unread has lost track; it is cheaper for all when it starts over.
    stream_buffer_bytes: int = 4 << 20

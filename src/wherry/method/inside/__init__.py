"""Small programs that look around in a service's own container. They need its Python, and nothing else."""

from __future__ import annotations

from importlib.resources import files


def source(name: str) -> str:
    """The text of one of these programs, for `python3 -c`."""
    return (files(__name__) / f"{name}.py").read_text(encoding="utf-8")

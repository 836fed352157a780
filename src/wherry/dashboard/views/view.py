"""What a view is: a title, a page's still part, and pieces that change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from wherry.apimachinery.resource_type import AnyResourceType
from wherry.dashboard.channel import Rendered
from wherry.dashboard.live import Live

FRAME_S = 0.04
"""How long what has changed may wait for more, so that one message tells of all: 25 a second look alive."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see: the rest of the path, and the query."""

    segments: tuple[str, ...]
    query: Mapping[str, str]

    def get(self, name: str) -> str:
        """A value of the query, "" when it is not there."""
        return self.query.get(name, "")


@dataclass(frozen=True, slots=True)
class Page:
    """A view for one request. `render` gives what changes, again and again; `above` and `below` stay as they are.

    `still` makes, once for each request, what has to be asked for and does not change by itself; it stands below what
    changes. `beat_s` is how often it is looked at anew without being told (0: never). `scripts` and `styles` are files
    of static that this page needs beside those of all pages.
    """

    title: str
    render: Callable[[], Awaitable[Rendered]]
    above: str = ""
    below: str = ""
    interval_s: float = FRAME_S
    beat_s: float = 0.0
    still: Callable[[], Awaitable[str]] | None = None
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """One view: the first segment of its path, its name in the navigation ("" keeps it out), and who makes it.

    `explains` says in plain words what the screen shows and what a person can do there. `tells_of` is the
    kind without which it would say that there is nothing: who may not list it everywhere chooses a namespace first.
    """

    path: str
    label: str
    make: Callable[[Live, Asked], Page]
    segments: int = 0
    explains: str = ""
    tells_of: AnyResourceType | None = field(default=None, hash=False)

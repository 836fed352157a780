"""Keys: the field that finds things, what each key does, and the way to turn single keys off.

Whoever speaks to their computer, or types with a stick, presses single keys without meaning to (WCAG 2.1.4).
"""

from __future__ import annotations

from wherry.dashboard.markup import hidden_fields, text
from wherry.dashboard.sessions import Session

KEYS = (
    ("/", "go to the field that finds things", True),
    ("?", "show these keys", True),
    ("Tab", "go to the next thing that can be used", False),
    ("arrows, Home, End", "go from pod to pod and from node to node", False),
    ("Enter", "open it", False),
    ("Esc", "close what has opened", False),
)
"""What a person presses, what it does, and whether it is a single key that can be turned off."""


def find_form(namespace: str = "") -> str:
    """The field that finds things, on every page; `namespace` is kept."""
    return (
        '<form class="find" role="search" method="get" action="/ui/find"><label class="hidden" for="find">Find</label>'
        '<input id="find" type="search" name="q" placeholder="Find" size="12" aria-keyshortcuts="/">'
        f"{hidden_fields(ns=namespace) if namespace else ''}</form>"
    )


def keys_panel(session: Session, back: str) -> str:
    """A button, and what it opens: the keys, and whether single ones count."""
    rows = "".join(
        f"<dt><kbd>{text(key)}</kbd></dt><dd>{does}{_off(session) if is_single else ''}</dd>"
        for key, does, is_single in KEYS
    )
    turn = "Turn single keys off" if session.has_keys else "Turn single keys on"
    return (
        '<button type="button" class="tool" popovertarget="keys">Keys</button>'
        f'<div popover id="keys" class="word"><strong>Keys</strong><dl>{rows}</dl>'
        f'<form method="post" action="/ui/keys">{hidden_fields(back=back)}'
        f'<button type="submit">{turn}</button></form></div>'
    )


def _off(session: Session) -> str:
    return "" if session.has_keys else " (off)"

"""The frame of every page: header, navigation, what changes, and the explanations of all words."""

from __future__ import annotations

from wherry.dashboard.channel import Channel
from wherry.dashboard.markup import link, popovers, text
from wherry.dashboard.sessions import Session
from wherry.dashboard.views.registry import VIEWS
from wherry.dashboard.views.view import Page


def whole_page(page: Page, channel: Channel, session: Session, current: str) -> str:
    """A view's page; `current` is the path of its place in the navigation."""
    note, session.note = session.note, ""
    said = f'<p class="note" role="status">{text(note)}</p>' if note else ""
    live = f'data-view="{text(channel.view)}" data-position="{channel.position}"'
    return frame(
        page.title,
        f'<h1>{text(page.title)}</h1>{said}{page.above}<div id="view" {live}>{channel.tree.html()}</div>{page.below}'
        f'<div id="say" class="hidden" role="status" aria-live="polite"></div>{popovers()}',
        navigation=_navigation(session, current),
    )


def _navigation(session: Session, current: str) -> str:
    links = "".join(
        f'<a href="/ui/{view.path}"{_current(view.path, current)}>{text(view.label)}</a>'
        for view in VIEWS
        if view.label
    )
    return (
        f'<nav aria-label="Views">{links}</nav><p id="state" role="status" hidden></p>'
        '<button type="button" id="pause" aria-pressed="false" hidden>Pause updates</button>'
        f'<form method="post" action="/ui/logout" class="who"><span>{text(session.name)}</span> '
        '<button type="submit">Sign out</button></form>'
    )


def _current(path: str, current: str) -> str:
    return ' aria-current="page"' if path == current else ""


def frame(title: str, main: str, *, navigation: str = "", refresh: str = "") -> str:
    """A complete document; `refresh` leads on at once to another page."""
    lead_on = f'<meta http-equiv="refresh" content="0; url={text(refresh)}">' if refresh else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"{lead_on}<title>{text(title)} - Wherry</title>"
        '<link rel="stylesheet" href="/ui/static/dashboard.css"><link rel="icon" href="/ui/static/icon.svg">'
        '<script type="module" src="/ui/static/dashboard.js"></script></head>'
        '<body><a class="skip" href="#main">Skip to the content</a>'
        f'<header><strong class="brand">Wherry</strong>{navigation}</header><main id="main" tabindex="-1">{main}</main>'
        "</body></html>"
    )


def message_page(title: str, sentence: str, step: str = "", back: str = "") -> str:
    """A page that says one thing, and what to do next."""
    next_ = f'<p class="next">Next: <code>{text(step)}</code></p>' if step else ""
    way = f"<p>{link(back, 'Back')}</p>" if back else ""
    return frame(title, f'<h1>{text(title)}</h1><p class="headline">{text(sentence)}</p>{next_}{way}')

"""The frame of every page: header, navigation, what changes, and the explanations of all words."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.dashboard.channel import Channel
from wherry.dashboard.keys import find_form, keys_panel
from wherry.dashboard.markup import hidden_fields, link, text, url, with_terms
from wherry.dashboard.popovers import popovers
from wherry.dashboard.sessions import Session
from wherry.dashboard.static_files import SCRIPTS, STYLES
from wherry.dashboard.views.registry import NAVIGATION
from wherry.dashboard.views.view import Page, View


def whole_page(
    page: Page, channel: Channel, session: Session, view: View, still: str = "", *, namespace: str = ""
) -> str:
    """A view's page; `still` is what its `Page.still` has made, `namespace` what its links go on with."""
    live = (
        f'data-view="{text(channel.view)}" data-position="{channel.position}" data-revision="{channel.revision}" '
        f'data-title-mark="{text(channel.title_mark)}"'
    )
    main = (
        f"<h1>{with_terms(page.title)}</h1>{_note(session)}{_explanation(view)}{page.above}"
        f'<div id="view" {live}>{channel.tree.html()}</div>{still}{page.below}'
        f'<div id="say" class="hidden" role="status" aria-live="polite"></div>{popovers()}'
    )
    return frame(
        f"{channel.title_mark} {page.title}".strip(),
        main,
        navigation=_navigation(session, view.path, f"/ui/{channel.view}", namespace),
        session=session,
        scripts=page.scripts,
        styles=page.styles,
    )


def answer_page(title: str, main: str, session: Session, back: str) -> str:
    """A page that answers a form; it does not change by itself. `back` is where the person came from."""
    shown = f"<h1>{with_terms(title)}</h1>{main}{popovers()}"
    return frame(title, shown, navigation=_navigation(session, "none", back), session=session)


def _note(session: Session) -> str:
    note, session.note = session.note, ""
    return f'<p class="note" role="status">{text(note)}</p>' if note else ""


def _explanation(view: View) -> str:
    if not view.explains:
        return ""
    said = f"<p>{with_terms(view.explains)}</p><p>{link(url('glossary'), 'All words')}</p>"
    return f'<details class="explain"><summary>Explain this screen</summary>{said}</details>'


def _navigation(session: Session, current: str, back: str, namespace: str = "") -> str:
    groups = "".join(_group(name, views, current, namespace) for name, views in NAVIGATION)
    return (
        f'<nav aria-label="Views"><ul class="groups">{groups}</ul></nav>'
        '<div class="tools"><p id="state" role="status" hidden></p>'
        '<button type="button" id="pause" aria-pressed="false" hidden>Pause updates</button>'
        f"{find_form(namespace)}{_depth_form(session, back)}{keys_panel(session, back)}"
        f'<form method="post" action="/ui/logout" class="who"><span>{text(session.name)}</span> '
        '<button type="submit">Sign out</button></form></div>'
    )


def _group(name: str, views: Iterable[View], current: str, namespace: str) -> str:
    """What belongs together, under a word that says what for."""
    links = "".join(
        f'<li><a href="{text(url(view.path, ns=namespace))}"{_current(view.path, current)}>{text(view.label)}</a></li>'
        for view in views
    )
    return f'<li class="group"><span id="nav-{name}">{name}</span><ul aria-labelledby="nav-{name}">{links}</ul></li>'


def _depth_form(session: Session, back: str) -> str:
    """The same facts, with more or fewer technical details: one button, remembered for the session."""
    label = "Plain words" if session.is_technical else "Technical details"
    button = f'<button type="submit">{label}</button>'
    return f'<form method="post" action="/ui/depth">{hidden_fields(back=back)}{button}</form>'


def _current(path: str, current: str) -> str:
    return ' aria-current="page"' if path == current else ""


def frame(
    title: str,
    main: str,
    *,
    navigation: str = "",
    refresh: str = "",
    session: Session | None = None,
    scripts: Iterable[str] = (),
    styles: Iterable[str] = (),
) -> str:
    """A complete document; `refresh` leads on at once to another page."""
    linked = "".join(f'<link rel="stylesheet" href="/ui/static/{name}">' for name in (*STYLES, *styles))
    run = "".join(f'<script type="module" src="/ui/static/{name}"></script>' for name in (*SCRIPTS, *scripts))
    lead_on = f'<meta http-equiv="refresh" content="0; url={text(refresh)}">' if refresh else ""
    return (
        f'<!doctype html><html lang="en"{_habits(session)}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"{lead_on}<title>{text(title)} - Wherry</title>"
        f'{linked}<link rel="icon" href="/ui/static/icon.svg">{run}</head>'
        '<body><a class="skip" href="#main">Skip to the content</a>'
        f'<header><strong class="brand">Wherry</strong>{navigation}</header><main id="main" tabindex="-1">{main}</main>'
        "</body></html>"
    )


def _habits(session: Session | None) -> str:
    """How this person reads: in plain words or with technical details beside them, and with single keys or without."""
    depth = "technical" if session and session.is_technical else "plain"
    return f' data-depth="{depth}"' + (' data-keys="on"' if session and session.has_keys else "")


def message_page(title: str, sentence: str, step: str = "", back: str = "") -> str:
    """A page that says one thing, and what to do next."""
    next_ = f'<p class="next">Next: <code>{text(step)}</code></p>' if step else ""
    way = f"<p>{link(back, 'Back')}</p>" if back else ""
    return frame(title, f'<h1>{text(title)}</h1><p class="headline">{text(sentence)}</p>{next_}{way}')

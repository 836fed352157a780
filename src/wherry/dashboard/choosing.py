"""The page of somebody who must choose a namespace first: what is hidden, and a field to type it."""

from __future__ import annotations

from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import with_terms
from wherry.dashboard.sight import namespace_form, unseen
from wherry.dashboard.views.view import Asked, Page, View


def choose_namespace(view: View, live: Live, asked: Asked) -> Page:
    """A view's page for who could see nothing on it yet."""

    async def render() -> Rendered:
        said = f"{unseen(live)} Type a namespace that is open to you."
        return Rendered([Fragment("unseen", ROOT, f'<p id="unseen" class="headline">{with_terms(said)}</p>')], said)

    kept = {name: value for name, value in asked.query.items() if name != "ns"}
    return Page(view.label, render, below=namespace_form(view.path, live, live.namespace, kept))

"""How far somebody sees: the whole cluster, one namespace, or nothing of it until they choose one.

To who may not list the pods an ordinary page would say that there are none. Such a page says first what is hidden,
and asks for a namespace; the command line refuses the same (W0305).
"""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import choice, hidden_fields, text, with_terms
from wherry.dashboard.views.view import Asked, Page, View

WAY_OUT = "Type a namespace that is open to you."


def unseen(live: Live) -> str:
    """Which pods this person may not see, as a sentence; "" for who sees them."""
    if PODS.kind not in live.model.hidden:
        return ""
    where = f"in the namespace {live.namespace}" if live.namespace else "of the whole cluster"
    return f"You may not see the pods {where}."


async def is_blind(view: View, live: Live) -> bool:
    """Whether a view could show this person nothing and would say that nothing is there."""
    if view.tells_of is None or not unseen(live):
        return False
    if view.tells_of is PODS:
        return True
    _ = await live.all(view.tells_of)
    return live.following.reach(view.tells_of) in ("forbidden", "unknown")


def choose_namespace(view: View, live: Live, asked: Asked) -> Page:
    """The page of a view that is blind: what is hidden, and a field for a namespace."""

    async def render() -> Rendered:
        said = f"{unseen(live)} {WAY_OUT}"
        return Rendered([Fragment("unseen", ROOT, f'<p id="unseen" class="headline">{with_terms(said)}</p>')], said)

    kept = {name: value for name, value in asked.query.items() if name != "ns"}
    form = (
        f'<form class="filters" method="get" action="/ui/{view.path}">{_typed(live.namespace)}{hidden_fields(**kept)}'
        '<button type="submit">Show</button></form>'
    )
    return Page(view.label, render, below=form)


def namespace_form(path: str, live: Live, asked: Asked) -> str:
    """The form of a page that offers nothing else to choose."""
    return (
        f'<form class="filters" method="get" action="/ui/{path}">{namespace_field(live, asked)}'
        '<button type="submit">Show</button></form>'
    )


def namespace_field(live: Live, asked: Asked) -> str:
    """Where a namespace is chosen; who does not see them all types the name."""
    if live.namespace:
        return _typed(live.namespace)
    names = sorted({pod.namespace for pod in live.model.snapshot().pods} | {asked.get("ns")} - {""})
    return choice("ns", "Namespace", [("", "all"), *((one, one) for one in names)], asked.get("ns"))


def _typed(namespace: str) -> str:
    return f'<label>Namespace <input name="ns" value="{text(namespace)}" required></label>'

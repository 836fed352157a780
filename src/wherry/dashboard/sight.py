"""How far somebody sees: the whole cluster, one namespace, or nothing of it until they choose one.

To who may not list the pods an ordinary page would say that there are none. Such a page says first what is hidden,
and asks for a namespace (choosing.py); the command line refuses the same (W0305).
"""

from __future__ import annotations

from collections.abc import Mapping

from wherry.api.core.pod import PODS
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.dashboard.live import Live
from wherry.dashboard.markup import choice, hidden_fields, text


def unseen(live: Live) -> str:
    """Which pods this person may not see, as a sentence; "" for who sees them."""
    if PODS.kind not in live.model.hidden:
        return ""
    where = f"in the namespace {live.namespace}" if live.namespace else "of the whole cluster"
    return f"You may not see the pods {where}."


async def is_blind(live: Live, tells_of: AnyResourceType | None) -> bool:
    """Whether a view that `tells_of` a kind could show this person nothing, and would say that nothing is there."""
    if tells_of is None or not unseen(live):
        return False
    if tells_of is PODS:
        return True
    _ = await live.all(tells_of)
    return live.following.reach(tells_of) in ("forbidden", "unknown")


def said_of(namespace: str, said: str) -> str:
    """What a page says first: where it speaks of one namespace alone, it names it, so that nobody takes it for all."""
    return f"In the namespace {namespace}: {said}" if namespace else said


def namespace_form(path: str, live: Live, chosen: str, kept: Mapping[str, str] | None = None) -> str:
    """The form of a page that offers nothing else to choose; `kept` is the rest of the query."""
    fields = namespace_field(live, chosen) + hidden_fields(**kept or {})
    return f'<form class="filters" method="get" action="/ui/{path}">{fields}<button type="submit">Show</button></form>'


def namespace_field(live: Live, chosen: str) -> str:
    """Where a namespace is chosen; who does not see them all types the name."""
    if live.namespace or unseen(live):
        return f'<label>Namespace <input name="ns" value="{text(live.namespace)}" required></label>'
    names = sorted({pod.namespace for pod in live.model.snapshot().pods} | {chosen} - {""})
    return choice("ns", "Namespace", [("", "all"), *((one, one) for one in names)], chosen)

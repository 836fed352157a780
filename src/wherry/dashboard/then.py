"""What views share that show the past: the field for a moment, the picture of then, how it is said."""

from __future__ import annotations

from wherry.dashboard.live import Live
from wherry.dashboard.markup import text
from wherry.dashboard.moments import said_time, too_long_ago
from wherry.narrate.facts import Snapshot
from wherry.narrate.past import Moment, TooLongAgo, model_at
from wherry.narrate.past_templates import SUMMARY

SUGGESTED = ("5m ago", "1h ago", "today", "yesterday", "last review", "last demo")


def moment_input(name: str, label: str, value: str, empty: str) -> str:
    """A field for a moment as people say it; left empty it means `empty`."""
    return (
        f'<label>{text(label)} <input name="{name}" value="{text(value)}" list="moments" '
        f'placeholder="{text(empty)}" title="10:02, 5m ago, 2h, yesterday, last review" size="12"></label>'
        f'<datalist id="moments">{"".join(f"<option>{one}</option>" for one in SUGGESTED)}</datalist>'
    )


async def snapshot_then(live: Live, moment: Moment, namespace: str) -> Snapshot:
    """The facts as they were, as this person may see them. Raises StatusError."""
    namespace = live.namespace or namespace
    try:
        model = await model_at(live.client, moment, namespace=namespace, this_host=live.this_host)
    except TooLongAgo as error:
        raise too_long_ago(error) from error
    return model.snapshot(namespace)


def tell_at(moment: Moment) -> str:
    """From when this is."""
    return SUMMARY["at"].text.format(at=said_time(moment.time_s))

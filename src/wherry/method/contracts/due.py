"""When a contract is to be tried again: a new need, promise or release, a trial of a part only, or a night gone by."""

from __future__ import annotations

from datetime import UTC, datetime

from wherry.method.contracts.need import Wish
from wherry.method.contracts.replay import SAFE
from wherry.method.contracts.state import Facts, current_trial, has_tried_documents

OLD_S = 26 * 3600.0
"""A nightly trial may start a little late; after this time a night has gone by without one."""


def why_due(facts: Facts, now: datetime) -> str:
    """Why the contract is to be tried (again): a sentence, "" when there is no reason.

    Age takes nothing back from a trial: it is only due.
    """
    name = facts.provider.service
    if facts.api is None:
        return ""
    trial = current_trial(facts)
    if trial is None:
        if not facts.trials:
            return "It is due: nobody has tried it yet."
        if not has_tried_documents(facts):
            return "It is due: the need or the promise has changed since the last trial."
        return f"It is due: {name} has a new release."
    if trial.result == "Incomplete":
        return "It is due: the last trial could try only a part."
    if (now - datetime.fromisoformat(trial.at.replace("Z", "+00:00"))).total_seconds() > OLD_S:
        return f"It is due: the last trial was on {trial.at[:10]}."
    return ""


def this_moment() -> datetime:
    """Now."""
    return datetime.now(UTC)


def needs_twin(facts: Facts) -> bool:
    """Whether something of the need can only be tried where everything may change."""
    return bool(_in_twin_only(facts))


def beyond_nights(facts: Facts) -> str:
    """What of a need no trial at night can do, since it changes nothing: a sentence; "" when it can do all."""
    left, all_ = len(_in_twin_only(facts)), len(facts.need.wishes)
    if not left:
        return ""
    s = "s" if left == 1 else ""
    what = f"requests change{s} something or need{s}"
    return f"A trial at night cannot do all of it: {left} of {all_} {what} a state first. A twin can."


def by_hand(facts: Facts, name: str) -> str:
    """The command that tries all of it now, and where to type it."""
    if needs_twin(facts):
        return f"wherry contract verify {name} --twin     (in the folder of {facts.provider.service})"
    return f"wherry contract verify {name}"


def _in_twin_only(facts: Facts) -> list[Wish]:
    return [wish for wish in facts.need.wishes if wish.states or wish.method not in SAFE]

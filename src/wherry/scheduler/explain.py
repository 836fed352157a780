"""The scheduler's sentences: why a pod waits, and why it went where it went. Kubernetes' own wording."""

from __future__ import annotations

from wherry.scheduler.framework import Chosen, Refused

NO_NODES = "no nodes available to schedule pods"


def explain_refusal(refused: Refused) -> str:
    """Why a pod waits, as in `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`."""
    if refused.total == 0:
        return NO_NODES
    # Sorted as text, number first: that is the order in which Kubernetes prints them.
    reasons = refused.general or ", ".join(sorted(f"{count} {reason}" for reason, count in refused.reasons.items()))
    return f"0/{refused.total} nodes are available: {reasons}."


def explain_choice(chosen: Chosen) -> str:
    """Why this node: for the story."""
    if chosen.total == 1:
        return f"{chosen.node.name} is the only node and has room for it"
    if chosen.fitting == 1:
        return f"only {chosen.node.name} of {chosen.total} nodes can take it"
    looked = "" if chosen.looked_at == chosen.total else f" of {chosen.looked_at} looked at"
    return f"{chosen.node.name} is the best of the {chosen.fitting} nodes{looked} that can take it"

"""The scheduler's sentences: why a pod waits, and why it went where it went. Kubernetes' own wording."""

from __future__ import annotations

import orjson

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


def decision_note(decision: Chosen | Refused) -> str:
    """What was seen and rejected, as JSON: the annotation of the Event, for who wants more than a sentence.

    {"total": 3, "fitting": 2, "scores": [{"node": "b", "total": 150.0, "parts": {...}}], "rejected": {REASON: [NODE]}}
    """
    rejected = {reason: [*names] for reason, names in decision.rejected.items()}
    if isinstance(decision, Refused):
        note = {"total": decision.total, "fitting": 0, "rejected": rejected}
        return orjson.dumps({**note, **({"general": decision.general} if decision.general else {})}).decode()
    scores = [
        {"node": one.node, "total": round(one.total, 1), "parts": {key: round(v, 1) for key, v in one.parts.items()}}
        for one in decision.scores
    ]
    note = {"total": decision.total, "fitting": decision.fitting, "scores": scores, "rejected": rejected}
    return orjson.dumps(note).decode()

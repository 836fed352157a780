"""Every Event reason that `wherry story` knows, with its sentence; also those of other Kubernetes clusters."""

from __future__ import annotations

from collections.abc import Mapping

from handbook.markdown import cell, code, page, table
from wherry.narrate.event_templates import EVENTS, GROUPS, OTHER_GROUP, PROBES, REPAIRS, UNKNOWN, WARMING, WARMING_GROUP
from wherry.narrate.templates import Template

INTRODUCTION = """
What happens is told as Kubernetes Events: `kubectl get events` shows them as they are, `wherry story` as sentences. The
reasons are Kubernetes' own, so that the same sentences explain any cluster. An Event with a reason that is not here is
shown with its message as it came. Events live for an hour ([settings](settings.md)).

Wherry's own masters add to their Events why they decided (`wherry.dev/why`), and what they saw and rejected
(`wherry.dev/decision`).
"""
PROBE = "## When a probe finds something (Unhealthy)"
STARTING = "## The same in the first half minute of a container"
GROUP = "## Several of a kind in one line"
REPAIR = "## What was repaired"


def write() -> str:
    """The page."""
    each = told({**EVENTS, "any other": UNKNOWN})
    several = told({**GROUPS, "still starting": WARMING_GROUP, "any other": OTHER_GROUP})
    probes = told(PROBES, nothing="other")
    warming = told(WARMING)
    parts = ("## One by one", each, PROBE, probes, STARTING, warming, GROUP, several, REPAIR, told(REPAIRS))
    return page("Events", INTRODUCTION, *parts)


def told(templates: Mapping[str, Template], nothing: str = "") -> str:
    """A table of sentences by their names."""
    rows = [
        (
            code(str(key) or nothing),
            cell(template.text),
            "yes" if template.is_wrong else " ",
            code(template.next) or " ",
        )
        for key, template in templates.items()
    ]
    return table(("reason", "the sentence", "wrong?", "what to do"), rows)

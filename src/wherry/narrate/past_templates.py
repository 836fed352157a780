"""The sentences about the past: what changed between two moments, and how far back anybody can ask."""

from __future__ import annotations

from collections.abc import Mapping

from wherry.narrate.templates import Template, fine, wrong

CHANGES: Mapping[str, Template] = {
    "created": fine("{who} created {what}."),
    "deleted": fine("{what} was deleted."),
    "changed": fine("{who} changed {what}: {details}."),
    "passing": fine("{who} created {what}, and it was deleted again."),
    "pods": fine("{what}: {parts}."),
    "node-joined": fine("{what} joined the cluster."),
    "node-left": fine("{what} left the cluster."),
    "node-silent": wrong("{what} stopped reporting.", "wherry why node/{name}"),
    "node-back": fine("{what} is ready again."),
    "node-closed": fine("{what} takes no new pods any more."),
    "node-open": fine("{what} takes new pods again."),
}

DETAILS: Mapping[str, Template] = {
    "copies": fine("from {old} to {new} copies"),
    "image": fine("container {container} runs image {new}, before it was {old}"),
    "set": fine("{field} is now {new}, before it was {old}"),
    "added": fine("{field} is new: {new}"),
    "removed": fine("{field} is gone, it was {old}"),
    "hidden": fine("{field} has another value"),
    "more": fine("and {number} more"),
    "came": fine("{number} came"),
    "went": fine("{number} went"),
    "restarted": fine("{number} started again"),
}

SUMMARY: Mapping[str, Template] = {
    "nothing": fine("Nothing changed between {since} and {until}."),
    "some": fine("{things} changed between {since} and {until}."),
    "too-long-ago": wrong(
        "The masters remember back to {oldest}; {asked} is before that.", "wherry changes --since {oldest}"
    ),
    "no-past": wrong("This cluster cannot say when what happened: its masters are not Wherry's.", "wherry story"),
    "at": fine("As it was at {at}."),
}

"""The sentences about the past: what changed between two moments, and how far back anybody can ask."""

from __future__ import annotations

from collections.abc import Mapping

from wherry.narrate.templates import Template, fine, wrong

CHANGES: Mapping[str, Template] = {
    "created": fine("{who} created {what}{tool}."),
    "deleted": fine("{what} was deleted.{let_go}"),
    "deleted-known": fine("{who} deleted {what}{tool}{because}.{let_go}"),
    "changed": fine("{who} changed {what}{tool}: {details}."),
    "scaled": fine("{who} scaled {what} {details}{tool}."),
    "passing": fine("{who} created {what}{tool}, and it was deleted again."),
    "passing-known": fine("{who} created {what}{tool}, and {deleter} deleted it again{because}."),
    "pods": fine("{what}: {parts}{because}."),
    "node-joined": fine("{what} joined the cluster."),
    "node-left": fine("{what} left the cluster."),
    "node-silent": wrong("{what} stopped reporting.", "wherry why node/{name}"),
    "node-back": fine("{what} is ready again."),
    "node-closed": fine("{what} takes no new pods any more."),
    "node-open": fine("{what} takes new pods again."),
    "node-closed-known": fine("{who} closed {what} for new pods{tool}."),
    "node-open-known": fine("{who} lets {what} take new pods again{tool}."),
}

# Several things in one go (narrate/bundles.py), by what happened to them; a kind may have words of its own for it.
BUNDLES: Mapping[str, Template] = {
    "created": fine("{who} created {number} things in {place}{tool}{because}: {kinds}."),
    "deleted": fine("{who} deleted {number} things in {place}{tool}{because}: {kinds}."),
    "created and deleted": fine(
        "{who} created {number} things in {place}{tool}{because}, and they were deleted again: {kinds}."
    ),
    "Node created": fine("{Kinds} joined the cluster."),
    "Node deleted": fine("{Kinds} left the cluster."),
}

# What somebody did, where only that is known and not how the thing was before.
DEEDS: Mapping[str, Template] = {
    "created": fine("{who} created {what}{tool}."),
    "changed": fine("{who} changed {what}{tool}."),
    "deleted": fine("{who} deleted {what}{tool}."),
    "scaled": fine("{who} scaled {what}{tool}."),
    "evicted": fine("{who} sent {what} away{tool}."),
    "restarted": fine("{who} started {what} again{tool}."),
    "undone": fine("{who} brought the version before of {what} back{tool}."),
    "closed": fine("{who} closed {what} for new pods{tool}."),
    "opened": fine("{who} lets {what} take new pods again{tool}."),
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
    "because": fine("because {who} deleted {what}"),
    "removed-pods": fine("{who} deleted {number} of them"),
    "let-go": fine(" {who} let it go in the end."),
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

"""The sentences of `wherry what-if`: what would happen, what would stop, what would not fit."""

from __future__ import annotations

from collections.abc import Mapping

from wherry.narrate.templates import Template, fine, wrong

FORECAST: Mapping[str, Template] = {
    "fits": fine("It fits: {what}."),
    "fits-not": wrong("It does not fit: {what}.", "Ask for less, or add a node, and ask again"),
    "nothing": fine("nothing would change"),
    "starts": fine("{pods} would start"),
    "stops": fine("{pods} would stop"),
    "waits": fine("{pods} would wait for a node"),
    "refused": fine("the masters would refuse {things}"),
    "fewer": fine("{name} would run {have} of {wanted} copies"),
    "silent": fine("{name} would not answer for {took}"),
    "silent-on": fine("nobody would answer for {name} any more"),
    "moves": fine("{owner}: {before} before, {after} after."),
    "stopped": fine("{pod} on {node} would stop."),
    "silent-line": wrong("Nobody would answer for {name} for {took}.", "Run more copies of it, on more nodes"),
    "silent-line-on": wrong("Nobody would answer for {name} any more.", "wherry why service/{name}"),
    "waiting-line": wrong("{pods} of {owner} would wait for a node: {reason}", "Ask for less, or add a node"),
    "fewer-line": wrong("{name} would run {have} of {wanted} copies: {reason}", "wherry show {name}"),
    "refused-line": wrong("The masters would refuse {what}: {reason}", "Change what they refuse"),
    "hidden": fine("You may not see {kinds}, so they are not in this answer."),
    "assumes": fine("It is assumed that new containers start at once."),
}

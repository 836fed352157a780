"""What is said of the parts of the masters: what each does now, and what waits for it."""

from __future__ import annotations

from collections.abc import Mapping

from wherry.narrate.templates import Template, fine, wrong

MASTERS: Mapping[str, Template] = {
    "masters.well": fine("All {parts} parts of the masters are well."),
    "masters.trouble": wrong("Not all is well with the masters: {names}.", "wherry doctor"),
    "masters.hidden": fine("You may not see its numbers."),
    "masters.not-here": fine("This cluster has none."),
    "masters.api.beat": fine("It has answered {requests} since it started."),
    "masters.api.queue": fine("{number} are being answered now; {watches} wait for changes."),
    "masters.store.beat": fine("Its newest change is number {revision}."),
    "masters.store.queue": fine("Nothing waits: a change counts when the disk has it."),
    "masters.scheduler.beat": fine("It has placed {placed} since it started."),
    "masters.scheduler.queue": fine("{active} to be placed; {refused} for which no node would do."),
    "masters.controllers.beat": fine("{number} controllers have decided {decisions} since they started."),
    "masters.controllers.queue": fine("{depth} to be looked at."),
    "masters.nodes.beat": fine("{fresh} of {total} report; the last one {ago} s ago."),
    "masters.nodes.queue": fine("They run {pods} with {containers}."),
    "masters.dns.beat": fine("It has answered {questions} since it started."),
    "masters.dns.queue": fine("Nothing waits: it answers at once."),
    "masters.notices.beat": fine("It has sent {told} since it started."),
    "masters.notices.queue": fine("{waiting} to be sent."),
    "masters.failing": wrong("It is not well: {reason}.", "wherry doctor"),
}

"""Following a cluster for as long as a command runs: the facts as they change, and what somebody should hear of."""

from __future__ import annotations

import platform
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from wherry.api.registry import RESOURCE_TYPES
from wherry.cli.outage import outages_said
from wherry.cli.output import printable, say
from wherry.client.informer import SharedInformers
from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope
from wherry.narrate.find import Target
from wherry.narrate.following import Followed
from wherry.narrate.incidents import Incident, Moment, Notice, plan
from wherry.narrate.model import ReadModel, unseen_kinds

if TYPE_CHECKING:
    from wherry.cli.look import Look
    from wherry.client.client import Client


@asynccontextmanager
async def followed(look: Look, client: Client, clock: Clock) -> AsyncIterator[Followed]:
    """The facts of what this person looks at, kept current. Raises Trouble where they may not see the pods."""
    informers = SharedInformers(client, clock)
    model = ReadModel(
        lambda resource, /: informers.informer(resource, namespace=look.namespace if resource.namespaced else ""),
        this_host=platform.node(),
    )
    unseen = await unseen_kinds(client, look.namespace)
    model.hide(unseen.hidden, missing=unseen.missing)
    look.seen(model.snapshot(look.namespace))
    told = [one.plural for one in RESOURCE_TYPES if one.kind in (*unseen.hidden, *unseen.missing)]
    with outages_said(model, told):
        async with TaskScope("followed") as scope:
            _ = scope.start("informers", informers.run())
            await model.wait_synced()
            yield Followed(model, clock)
            scope.cancel()


async def notices(here: Followed, namespace: str = "") -> AsyncIterator[Notice]:
    """Each incident when it has started and when it has ended, for ever."""
    incidents: Mapping[Target, Incident] = {}
    while True:
        now = Moment(here.clock.now_s(), here.clock.monotonic_s())
        planned = plan(incidents, here.model.snapshot(namespace), now)
        incidents = planned.incidents
        for notice in planned.notices:
            yield notice
        await here.change(planned.again_s)


def is_about(notice: Notice, name: str) -> bool:
    """Whether it is about this program or one of its pods; "" means everything."""
    whom = notice.thing.rpartition("/")[2]
    return name in ("", whom) or name.startswith(f"{whom}-")


def tell(notice: Notice) -> None:
    """One notice as a line, marked like a line of the story, with what to do."""
    mark = "!" if notice.state == "started" else " "
    moment = time.strftime("%H:%M:%S")
    step = f" Next: {notice.next}" if notice.next else ""
    say(printable(f"{moment} {mark} {notice.sentence}{step}"))

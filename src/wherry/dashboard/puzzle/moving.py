"""What a person may do with the map: move a piece for everybody, or have all of them arranged anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import orjson

from wherry.apimachinery.errors import BadRequest, Forbidden, NotFound
from wherry.client.client import Client
from wherry.dashboard.markup import url
from wherry.dashboard.places import Places, Slot
from wherry.dashboard.puzzle.slots import move_slot
from wherry.kit.http.types import read_body

STEPS: Mapping[str, Slot] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
Form = Mapping[str, str]
Action = Callable[[Client, Form, float], Awaitable[tuple[str, str]]]


def moving(places: Places) -> Mapping[str, Action]:
    """What a person may do with the map: `move` a piece, `arrange` all of them anew."""

    async def move(client: Client, form: Form, now_s: float) -> tuple[str, str]:
        namespace, service, to = form.get("namespace", ""), form.get("service", ""), form.get("to", "")
        if to not in STEPS or not namespace or not service:
            raise BadRequest("the form does not say which service, and where to: left, right, up or down")
        await _check(client, namespace, f"to move {service} for everybody you need the right to change Services there")
        slot = move_slot(places.known, f"{namespace}/{service}", STEPS[to])
        if slot is None:
            raise NotFound(f"There is no {service} in the puzzle (any more).")
        places.put(f"{namespace}/{service}", slot)
        return f"{service} is one step {to}, for everybody.", url("puzzle")

    async def arrange(client: Client, form: Form, now_s: float) -> tuple[str, str]:
        await _check(
            client, "", "to give all services new places for everybody you need the right to change all Services"
        )
        places.arrange_anew()
        return "All services have new places, for everybody.", url("puzzle")

    return {"move": move, "arrange": arrange}


async def _check(client: Client, namespace: str, why: str) -> None:
    """Whether a person may change the Services of a namespace ("": of all). Raises Forbidden."""
    asked = {"verb": "patch", "resource": "services", "namespace": namespace}
    body = orjson.dumps({"spec": {"resourceAttributes": asked}})
    answer = orjson.loads(await read_body(await client.request("POST", REVIEWS, body=body)))
    if not answer.get("status", {}).get("allowed"):
        raise Forbidden(why)

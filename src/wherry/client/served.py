"""Whether a cluster serves a kind at all.

Who may not list a kind gets the same refusal (403) whether it is there or not: rights are looked at first. What is
served, everybody who is signed in may ask.
"""

from __future__ import annotations

import orjson

from wherry.apimachinery.errors import NotFound, StatusError
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.kit.http.types import read_body


async def is_served(client: Client, resource: AnyResourceType) -> bool:
    """False only where the cluster says that it does not know the kind."""
    if not resource.group:
        return True
    try:
        found = orjson.loads(await read_body(await client.request("GET", f"/apis/{resource.api_version}")))
    except NotFound:
        return False
    except (StatusError, orjson.JSONDecodeError):
        return True
    served = found.get("resources") if isinstance(found, dict) else None
    return not isinstance(served, list) or any(
        isinstance(one, dict) and one.get("name") == resource.plural for one in served
    )


async def is_missing(client: Client, resource: AnyResourceType, error: StatusError) -> bool:
    """Whether a list was refused because the cluster lacks the kind, and not because of who asked."""
    return isinstance(error, NotFound) or not await is_served(client, resource)

"""Whether a cluster keeps releases as they were made: a rule in their definition forbids every change of one.

Clusters before Kubernetes 1.25 know no rules. There whoever may write releases may change them, and it has to be said.
"""

from __future__ import annotations

from wherry.api.method.release import RELEASES, Release
from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.method.crds import DEFINITIONS, GROUP

RULES = b"x-kubernetes-validations"
MERGE = "application/merge-patch+json"
ANOTHER_NUMBER = b'{"spec":{"number":999999}}'
NOT_KEPT = (
    "This cluster keeps no rules on kinds, as servers before Kubernetes 1.25 do: "
    "whoever may write releases there may change one after it was made."
)


async def can_be_changed(client: Client, release: Release) -> bool:
    """Whether a change of a release is accepted, asked as a dry run. False also where it cannot be asked."""
    path = RELEASES.url(release.metadata.namespace, release.name)
    try:
        _ = await client.request("PATCH", path, "dryRun=All", ANOTHER_NUMBER, content_type=MERGE)
    except StatusError:
        return False
    return True


async def keeps_rules(client: Client) -> bool:
    """Whether the definition of releases has its rule on this cluster; who may not see it asks what is published."""
    for path in (DEFINITIONS.url("", f"{RELEASES.plural}.{GROUP}"), f"/openapi/v3/apis/{RELEASES.api_version}"):
        try:
            return RULES in await read_body(await client.request("GET", path))
        except StatusError:
            continue
    return False

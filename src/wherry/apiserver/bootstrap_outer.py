"""What the outer groups of the API have from the start: priority and fairness, who serves which group, addresses.

Each collection is read once, and what it lacks is made all at once, so that a start costs a few commits. Suggested
flow schemas and priority levels follow the server's suggestion unless their annotation says "false"; everything else
that is there is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import orjson

from wherry.api.apiregistration.apiservice import API_SERVICES, AUTOMANAGED
from wherry.api.documents import sections
from wherry.api.flowcontrol.configuration import (
    AUTOUPDATE,
    FIXED_FLOW_SCHEMAS,
    FIXED_PRIORITY_LEVELS,
    SUGGESTED_FLOW_SCHEMAS,
    SUGGESTED_PRIORITY_LEVELS,
)
from wherry.api.flowcontrol.flowschema import DANGLING, FLOW_SCHEMAS
from wherry.api.flowcontrol.prioritylevelconfiguration import PRIORITY_LEVEL_CONFIGURATIONS
from wherry.api.networking.servicecidr import SERVICE_CIDRS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import error_from_status
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.wire import mapping_in, metadata_of, text_in

Ask = Callable[[str, str, bytes], Awaitable[tuple[int, bytes]]]
"""Method, path and JSON body to status and body."""

FINE = (200, 201, 409)
DEFAULT_CIDR = "kubernetes"
# Served by whoever aggregates, not by what is aggregated: no APIService stands for it.
AGGREGATOR = API_SERVICES.group
# Who asks for a kind without its group gets the one of the group that stands highest; newer versions before older.
GROUP_PRIORITIES = {
    "": 18_000,
    "apps": 17_800,
    "events.k8s.io": 17_750,
    "authentication.k8s.io": 17_700,
    "authorization.k8s.io": 17_600,
    "autoscaling": 17_500,
    "batch": 17_400,
    "certificates.k8s.io": 17_300,
    "networking.k8s.io": 17_200,
    "policy": 17_100,
    "rbac.authorization.k8s.io": 17_000,
    "storage.k8s.io": 16_800,
    "apiextensions.k8s.io": 16_700,
    "admissionregistration.k8s.io": 16_700,
    "scheduling.k8s.io": 16_600,
    "coordination.k8s.io": 16_500,
    "node.k8s.io": 16_300,
    "discovery.k8s.io": 16_200,
    "flowcontrol.apiserver.k8s.io": 16_100,
    "resource.k8s.io": 15_900,
}
OTHER_GROUP_PRIORITY = 15_000
VERSION_PRIORITIES = {("", "v1"): 1, ("autoscaling", "v2"): 30, ("flowcontrol.apiserver.k8s.io", "v1"): 21}
OTHER_VERSION_PRIORITY = 15


async def ensure_outer_groups(ask: Ask, group_versions: Iterable[tuple[str, str]], service_cidr: str) -> None:
    """Make what is missing. Safe to run at every start.

    Args:
        group_versions: what this server itself serves, by group and version.
        service_cidr: the range of the Services' addresses.
    """
    await asyncio.gather(
        _ensure_all(ask, PRIORITY_LEVEL_CONFIGURATIONS, _levels()),
        _ensure_all(ask, FLOW_SCHEMAS, _schemas()),
        _ensure_all(ask, API_SERVICES, api_services(group_versions)),
        _ensure_all(ask, SERVICE_CIDRS, [_service_cidr(service_cidr)]),
    )


async def _ensure_all(ask: Ask, resource: AnyResourceType, wanted: Iterable[Document]) -> None:
    found = {
        text_in(metadata_of(item), "name"): item
        for item in orjson.loads(await _done(ask, "GET", resource.url()))["items"]
    }
    await asyncio.gather(*(_ensure(ask, resource, one, found.get(_name(one))) for one in wanted))


async def _ensure(ask: Ask, resource: AnyResourceType, wanted: Document, current: Document | None) -> None:
    if current is None:
        made: Document = orjson.loads(await _done(ask, "POST", resource.url(), wanted))
        if "status" in wanted and "uid" in metadata_of(made):
            for condition in sections(wanted, "status", "conditions"):
                condition["lastTransitionTime"] = metadata_of(made).get("creationTimestamp")
            await _done(ask, "PUT", resource.url(name=_name(wanted), subresource="status"), wanted)
    elif mapping_in(metadata_of(current), "annotations").get(AUTOUPDATE) == "true":
        changed = {**current, "spec": wanted["spec"]}
        if changed != current:
            await _done(ask, "PUT", resource.url(name=_name(wanted)), changed)


async def _done(ask: Ask, method: str, path: str, document: Document | None = None) -> bytes:
    status, body = await ask(method, path, b"" if document is None else orjson.dumps(document))
    if status not in FINE:
        raise error_from_status(body, status)
    return body


def _name(document: Document) -> str:
    return text_in(metadata_of(document), "name")


def api_services(group_versions: Iterable[tuple[str, str]]) -> list[Document]:
    """One object for each version of a group that this server itself serves."""
    return [
        {
            "metadata": {"name": f"{version}.{group}", "labels": {AUTOMANAGED: "onstart"}},
            "spec": {
                "version": version,
                "groupPriorityMinimum": GROUP_PRIORITIES.get(group, OTHER_GROUP_PRIORITY),
                "versionPriority": VERSION_PRIORITIES.get((group, version), OTHER_VERSION_PRIORITY),
                **({"group": group} if group else {}),
            },
        }
        for group, version in group_versions
        if group != AGGREGATOR
    ]


def _levels() -> list[Document]:
    specs = FIXED_PRIORITY_LEVELS | SUGGESTED_PRIORITY_LEVELS
    return [{"metadata": _marked(name), "spec": spec} for name, spec in specs.items()]


def _schemas() -> list[Document]:
    specs = FIXED_FLOW_SCHEMAS | SUGGESTED_FLOW_SCHEMAS
    return [
        {"metadata": _marked(name), "spec": spec, "status": {"conditions": [_found(spec)]}}
        for name, spec in specs.items()
    ]


def _marked(name: str) -> Document:
    return {"name": name, "annotations": {AUTOUPDATE: "true"}}


def _found(spec: Document) -> Document:
    level = text_in(mapping_in(spec, "priorityLevelConfiguration"), "name")
    return {
        "type": DANGLING,
        "status": "False",
        "reason": "Found",
        "message": f'This FlowSchema references the PriorityLevelConfiguration object named "{level}" and it exists',
    }


def _service_cidr(cidr: str) -> Document:
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "",
        "message": "Kubernetes default Service CIDR is ready",
    }
    return {"metadata": {"name": DEFAULT_CIDR}, "spec": {"cidrs": [cidr]}, "status": {"conditions": [condition]}}

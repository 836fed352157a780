"""The decision about a request for a certificate: its conditions, written apart from everything else of it."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver.environment import Environment
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.status import handle_part
from wherry.apiserver.wire import list_in, mapping_in, metadata_of, text_in
from wherry.kit.http.types import Response


async def handle_approval(environment: Environment, request: ApiRequest) -> Response:
    """GET, PUT and PATCH of the decision; all answer with the whole request."""
    now = format_time(environment.clock.now_s())
    return await handle_part(environment, request, lambda document, other: _with_decision_of(document, other, now))


def _with_decision_of(document: Document, other: Document, now: str) -> Document:
    """`document` with the conditions and annotations of `other`; new conditions get their times."""
    metadata, given = dict(metadata_of(document)), mapping_in(other, "metadata")
    metadata.pop("resourceVersion", None)
    for name in ("annotations", "labels", "resourceVersion", "uid"):
        if name in given:
            metadata[name] = given[name]
    before = {
        text_in(condition, "type"): condition
        for condition in list_in(mapping_in(document, "status"), "conditions")
        if isinstance(condition, dict)
    }
    conditions = [
        _timed(condition, before.get(text_in(condition, "type")), now) if isinstance(condition, dict) else condition
        for condition in list_in(mapping_in(other, "status"), "conditions")
    ]
    status = {**mapping_in(document, "status"), "conditions": conditions}
    if not conditions:
        status.pop("conditions")
    return {**document, "metadata": metadata, "status": status}


def _timed(condition: Document, before: Document | None, now: str) -> Document:
    timed = dict(condition)
    if not timed.get("lastUpdateTime"):
        timed["lastUpdateTime"] = now
    if not timed.get("lastTransitionTime"):
        is_as_before = before is not None and before.get("status") == timed.get("status")
        timed["lastTransitionTime"] = (before or {}).get("lastTransitionTime", now) if is_as_before else now
    return timed

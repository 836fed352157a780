"""Answers for componentstatuses: nothing is stored, each part of the masters is asked when a client asks."""

from __future__ import annotations

from wherry.api.core.componentstatus import COMPONENT_STATUSES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import not_found
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.answers import list_answer, object_answer
from wherry.apiserver.environment import Environment, Handler
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.selection import selection_from
from wherry.apiserver.wire import key_of, value_from_document
from wherry.kit.http.types import Response
from wherry.store.interface import KeyValue


async def handle_component_statuses(environment: Environment, request: ApiRequest) -> Response:
    """GET of one part of the masters, or of all."""
    if request.verb == "get":
        if request.name not in environment.components:
            raise not_found(COMPONENT_STATUSES.plural, COMPONENT_STATUSES.group, request.name)
        return object_answer(environment, request, _item(request.name, environment.components[request.name]()))
    selection = selection_from(request)
    items = [_item(name, check()) for name, check in sorted(environment.components.items())]
    chosen = [item for item in items if selection.matches(item.key, item.value)]
    return await list_answer(environment, request, chosen, environment.store.revision)


def _item(name: str, wrong: str) -> KeyValue:
    condition: Document = {"type": "Healthy", "status": "False" if wrong else "True"}
    condition |= {"error": wrong} if wrong else {"message": "ok"}
    document: Document = {"metadata": {"name": name}, "conditions": [condition]}
    return KeyValue(key_of(COMPONENT_STATUSES, "", name), value_from_document(COMPONENT_STATUSES, document), 0, 0)


# Collections that are made up when they are read.
COMPUTED: dict[tuple[str, str], Handler] = {
    (COMPONENT_STATUSES.group, COMPONENT_STATUSES.plural): handle_component_statuses
}


def computed_handler(resource: AnyResourceType) -> Handler | None:
    """Who answers a read of a collection that is not stored; None for all others."""
    return COMPUTED.get((resource.group, resource.plural))

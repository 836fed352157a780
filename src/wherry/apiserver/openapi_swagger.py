"""The description in OpenAPI 2: one document of everything, for clients that know no other.

Made of that in version 3, in which an operation has a body and answers by media type; here it has a parameter
called body and one schema per answer, and the media types stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from wherry.apimachinery.document import Document
from wherry.apiserver.openapi_schemas import V2_REFS, V3_REFS

_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch"))


def swagger_paths(paths: Document) -> Document:
    """The paths of version 3 in version 2."""
    return {path: _path(item) for path, item in paths.items() if isinstance(item, dict)}


def _path(item: Document) -> Document:
    made: Document = {}
    for key, value in item.items():
        if key in _METHODS and isinstance(value, dict):
            made[key] = _operation(value)
        elif key == "parameters":
            made["parameters"] = _parameters(value)
    return made


def _operation(operation: Document) -> Document:
    made: Document = {key: value for key, value in operation.items() if key not in {"requestBody", "responses"}}
    parameters = _parameters(operation.get("parameters"))
    body = operation.get("requestBody")
    if isinstance(body, dict):
        content = body["content"]
        made["consumes"] = _media_types(content)
        sent: Document = {"in": "body", "name": "body", "schema": _schema(content)}
        if body.get("required"):
            sent["required"] = True
        parameters = [sent, *parameters]
    if parameters:
        made["parameters"] = parameters
    responses = operation["responses"]
    assert isinstance(responses, dict)
    made["responses"] = {code: _response(response) for code, response in responses.items()}
    made["produces"] = list(dict.fromkeys(each for response in responses.values() for each in _types_of(response)))
    made["schemes"] = ["https"]
    return made


def _types_of(response: Document) -> list[str]:
    return _media_types(response.get("content"))


def _media_types(content: object) -> list[str]:
    return list(content) if isinstance(content, dict) else []


def _schema(content: object) -> Document:
    """The schema of the first media type: it is the same for all."""
    assert isinstance(content, dict)
    schema = next(iter(content.values()))["schema"]
    if "$ref" in schema:
        return {"$ref": V2_REFS + schema["$ref"].removeprefix(V3_REFS)}
    found: Document = schema
    return found


def _response(response: Document) -> Document:
    made: Document = {"description": response["description"]}
    if response.get("content"):
        made["schema"] = _schema(response["content"])
    return made


def _parameters(parameters: object) -> list[Document]:
    made: list[Document] = []
    for parameter in parameters if isinstance(parameters, Iterable) else ():
        assert isinstance(parameter, dict)
        plain = {key: value for key, value in parameter.items() if key != "schema"}
        made.append({**plain, **parameter["schema"]})
    return made

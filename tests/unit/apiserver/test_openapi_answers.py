"""What the server answers is what its own description says."""

from __future__ import annotations

import jsonschema_rs
import pytest

from suites.api_harness import Answer, Api, make_api
from suites.resource_suite import STORED
from suites.sample_objects import sample
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.openapi_documents import parts_of
from wherry.apiserver.openapi_names import schema_name


def validator(described: Document, resource: AnyResourceType, kind: str) -> jsonschema_rs.Draft4Validator:
    name = schema_name(resource.group, resource.version, kind)
    return jsonschema_rs.Draft4Validator(
        {"$ref": f"#/components/schemas/{name}", "components": described["components"]}, validate_formats=True
    )


def errors(check: jsonschema_rs.Draft4Validator, answer: Answer) -> list[str]:
    return [f"{error.instance_path}: {error.message}" for error in check.iter_errors(answer.json)]


@pytest.mark.parametrize("resource", STORED, ids=lambda resource: f"{resource.api_version}.{resource.kind}")
async def test_objects_and_lists_are_as_described(resource: AnyResourceType) -> None:
    api: Api = await make_api()
    name = f"apis/{resource.group}/{resource.version}" if resource.group else f"api/{resource.version}"
    described = parts_of(api.server.catalog)[name].document()
    collection = resource.url("default" if resource.namespaced else "")
    created = await api.ask("POST", collection, sample(resource))
    assert created.status == 201, created.body
    object_check = validator(described, resource, resource.kind)
    assert errors(object_check, created) == []
    metadata = created.json["metadata"]
    assert isinstance(metadata, dict)
    assert errors(object_check, await api.ask("GET", f"{collection}/{metadata['name']}")) == []
    assert errors(validator(described, resource, resource.list_kind), await api.ask("GET", collection)) == []

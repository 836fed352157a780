"""The paths of the API that are no objects: which groups, versions and kinds there are, and which release this is."""

from __future__ import annotations

from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.definitions import META
from wherry.apimachinery.document import Document
from wherry.apiserver.media_types import JSON, PROTOBUF, YAML
from wherry.apiserver.openapi_names import group_name, tag, version_name
from wherry.apiserver.openapi_paths import UNAUTHORIZED
from wherry.apiserver.openapi_schemas import V3_REFS

VERSION = "io.k8s.apimachinery.pkg.version.Info"


def roots_of(catalog: Catalog) -> dict[str, tuple[Document, str]]:
    """Name of the description -> its paths and the schema that they answer with ("" for plain text)."""
    found = {
        "api": _root("/api/", "core", "getCoreAPIVersions", "get the versions of the core group", "APIVersions"),
        "apis": _root("/apis/", "apis", "getAPIVersions", "get all groups", "APIGroupList"),
        "version": _version(),
        **_OF_ISSUER,
    }
    for group in catalog.groups():
        if group.group:
            name = f"get{group_name(group.group)}APIGroup"
            path = f"apis/{group.group}"
            found[path] = _root(f"/{path}/", tag(group.group, ""), name, "get the versions of a group", "APIGroup")
    return found


def resources_path(group: str, version: str) -> Document:
    """The path that tells the kinds of a group and version."""
    path = f"/apis/{group}/{version}/" if group else f"/api/{version}/"
    name = f"get{version_name(group, version)}APIResources"
    paths, _ = _root(path, tag(group, version), name, "get the kinds that are served", "APIResourceList")
    return paths


def _root(path: str, its_tag: str, operation_id: str, sentence: str, kind: str) -> tuple[Document, str]:
    schema = f"{META}.{kind}"
    return {path: _get(its_tag, operation_id, sentence, schema, (JSON, YAML, PROTOBUF))}, schema


def _version() -> tuple[Document, str]:
    return {"/version/": _get("version", "getCodeVersion", "get the release", VERSION, (JSON,))}, VERSION


def _get(its_tag: str, operation_id: str, sentence: str, schema: str, types: tuple[str, ...]) -> Document:
    described: Document = {"$ref": V3_REFS + schema} if schema else {"type": "string"}
    content: Document = {each: {"schema": described} for each in types}
    responses: Document = {"200": {"description": "OK", "content": content}, "401": UNAUTHORIZED}
    operation: Document = {
        "tags": [its_tag],
        "description": sentence,
        "operationId": operation_id,
        "responses": responses,
    }
    return {"get": operation}


_OF_ISSUER: dict[str, tuple[Document, str]] = {
    ".well-known/openid-configuration": (
        {
            "/.well-known/openid-configuration/": _get(
                "WellKnown",
                "getServiceAccountIssuerOpenIDConfiguration",
                "get what is needed to check tokens of service accounts",
                "",
                (JSON,),
            )
        },
        "",
    ),
    "openid/v1/jwks": (
        {
            "/openid/v1/jwks/": _get(
                "openid",
                "getServiceAccountIssuerOpenIDKeyset",
                "get the public keys that sign tokens of service accounts",
                "",
                ("application/jwk-set+json",),
            )
        },
        "",
    ),
}

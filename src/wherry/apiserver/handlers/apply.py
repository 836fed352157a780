"""PATCH with a configuration: server-side apply.

Who applies says which fields they want, and owns them (apimachinery/patch/apply.py). An object that is not
there yet is created, if the client may create it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, BadRequest, NotFound, conflict, modified
from wherry.apimachinery.patch.apply import Application, ApplyConflict, conflict_error
from wherry.apimachinery.patch.configuration import TypedError
from wherry.apimachinery.patch.last_applied import apply_as
from wherry.apimachinery.patch.managed_fields import applier, read_entries, write_entries
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver.answers import object_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.filters.authorize import Access, denied
from wherry.apiserver.handlers.update import check_name
from wherry.apiserver.negotiation import DEPTH_MAX, has_duplicate_keys, parse_json
from wherry.apiserver.options import WriteOptions, write_options
from wherry.apiserver.own_words import TOO_MANY_WRITERS
from wherry.apiserver.ownership import MANAGED_FIELDS, comparer, merge_type_of, put_entries, scope_of
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import mapping_in, metadata_of, refuse_hopeless, text_in
from wherry.kit.http.types import Response
from wherry.store.interface import KeyValue

APPLY_PATCH = "application/apply-patch+yaml"
# Between finding no object and creating one somebody else may have been faster, and the other way round.
ATTEMPTS_MAX = 5


@dataclass(frozen=True, slots=True)
class Configuration:
    """What somebody applies.

    `body` is JSON: each attempt gets a copy of its own to work on. `doubled` is a complaint about keys that occurred
    twice, "" for none.
    """

    body: bytes
    options: WriteOptions
    doubled: str = ""

    @property
    def document(self) -> Document:
        """A copy of the configuration."""
        parsed: Document = orjson.loads(self.body)
        return parsed


def is_apply(request: ApiRequest) -> bool:
    """Whether a PATCH brings a configuration to apply."""
    return content_type_of(request) == APPLY_PATCH


def content_type_of(request: ApiRequest) -> str:
    """What kind of patch a request brings."""
    return request.http.headers.get("content-type", "").partition(";")[0].strip().lower()


async def handle_apply(environment: Environment, request: ApiRequest) -> Response:
    """Answer 200 with the changed object, or 201 with a new one."""
    configuration = configuration_from(request, request.target.api_version, request.target.kind)
    for _ in range(ATTEMPTS_MAX):
        try:
            item = await _update(environment, request, configuration)
            return object_answer(environment, request, item)
        except NotFound:
            # Not `found, then create`: the update's own look is the one that counts.
            pass
        try:
            item = await _create(environment, request, configuration)
            return object_answer(environment, request, item, 201)
        except AlreadyExists:
            continue
    raise conflict(request.target.plural, request.target.group, request.name, TOO_MANY_WRITERS)


def configuration_from(request: ApiRequest, api_version: str, kind: str) -> Configuration:
    """The configuration in a request's body, which must be of this kind.

    Raises:
        BadRequest: it cannot be read, is of another kind, or says whose its fields are.
        Invalid: the options do not say who applies.
    """
    options = write_options(request, "PatchOptions", applies=True)
    document, doubled = _parse(request.http.body)
    given = f"{text_in(document, 'apiVersion')}, Kind={text_in(document, 'kind')}"
    if given != f"{api_version}, Kind={kind}":
        raise BadRequest(f"invalid object type: {given if '/' in given else '/' + given}")
    if mapping_in(document, "metadata").get(MANAGED_FIELDS) is not None:
        raise BadRequest("metadata.managedFields must be nil")
    refuse_hopeless(request.http.body, document)
    return Configuration(orjson.dumps(document), replace(options, brings_owners=True), doubled)


def applied(
    environment: Environment,
    request: ApiRequest,
    configuration: Configuration,
    live: Document,
    *,
    config: Document | None = None,
    shown_as: tuple[str, str] = ("", ""),
) -> Document:
    """What applying makes of an object, {} for a new one; the result brings its managedFields along.

    Args:
        config: what is applied, where that is not simply what the client has sent.
        shown_as: the apiVersion and the path by which the client knows what it applies, where those are others.

    Raises:
        BadRequest: the configuration does not fit the kind.
        Conflict: it changes fields of others, and may not.
    """
    resource = request.target
    document = configuration.document if config is None else config
    application = Application(
        kind=merge_type_of(resource),
        config=document,
        by=applier(configuration.options.field_manager, request.subresource),
        api_version=resource.api_version,
        now=format_time(environment.clock.now_s()),
        force=configuration.options.force,
        scope=scope_of(resource, request.subresource),
        compare_in=comparer(resource, environment.objects.find_kind),
    )
    managers = read_entries(mapping_in(live, "metadata").get(MANAGED_FIELDS))
    try:
        result = apply_as(application, live, managers)
    except TypedError as error:
        raise typed_error(document, error) from error
    except ApplyConflict as error:
        raise conflict_error(error.conflicts, api_version=shown_as[0], path=shown_as[1]) from error
    _complain(request, configuration)
    merged = {**result.document, "metadata": dict(metadata_of(result.document))}
    put_entries(metadata_of(merged), write_entries(result.managers))
    return merged


def _complain(request: ApiRequest, configuration: Configuration) -> None:
    """Refuse keys that occur twice, or warn about them, as the client has asked."""
    if configuration.doubled and configuration.options.field_validation == "Strict":
        raise BadRequest(f"error strict decoding YAML: {configuration.doubled}")
    if configuration.doubled and configuration.options.field_validation == "Warn":
        request.warnings.append(configuration.doubled)


def typed_error(document: Document, error: TypedError) -> BadRequest:
    """The answer to a configuration that does not fit its kind."""
    metadata, version = mapping_in(document, "metadata"), text_in(document, "apiVersion")
    kind = f"{version if '/' in version else '/' + version}, Kind={text_in(document, 'kind')}"
    where = f"{text_in(metadata, 'namespace')}/{text_in(metadata, 'name')}; {kind}"
    return BadRequest(f"failed to create typed patch object ({where}): {error}")


async def _update(environment: Environment, request: ApiRequest, configuration: Configuration) -> KeyValue:
    def change(live: Document) -> Document:
        merged = applied(environment, request, configuration, live)
        check_name(request, merged)
        return merged

    return await environment.objects.update(request, change, configuration.options)


async def _create(environment: Environment, request: ApiRequest, configuration: Configuration) -> KeyValue:
    resource, document = request.target, configuration.document
    metadata = mapping_in(document, "metadata")
    if not text_in(metadata, "name"):
        raise BadRequest(
            f"the name of the object ({request.name} based on URL) was undeterminable: name must be provided"
        )
    check_name(request, document)
    if text_in(metadata, "uid"):
        detail = f"uid mismatch: the provided object specified uid {metadata['uid']}, and no existing object was found"
        raise conflict(resource.plural, resource.group, request.name, detail)
    if text_in(metadata, "resourceVersion"):
        raise modified(resource.plural, resource.group, request.name)
    _authorize_creation(environment, request, resource)
    merged = applied(environment, request, configuration, {})
    return await environment.objects.create(request, merged, configuration.options)


def _authorize_creation(environment: Environment, request: ApiRequest, resource: AnyResourceType) -> None:
    """Who may patch may not therefore create. Raises Forbidden."""
    access = Access("create", resource.group, resource.plural, "", request.namespace, request.name)
    if not environment.authorizer.is_allowed(request.user, access):
        raise denied(request.user, access, environment.authorizer.reason(request.user, access))


def _parse(body: bytes) -> tuple[Document, str]:
    """A configuration, and a complaint about keys that occur twice."""
    from wherry.apiserver.yaml_body import YamlError, parse_yaml

    value: object = {}
    doubled: list[str] = []
    try:
        # Most clients send JSON, which is YAML, but read faster.
        if body.lstrip()[:1] != b"{" or has_duplicate_keys(body):
            value, doubled = parse_yaml(body, depth_max=DEPTH_MAX)
        else:
            value = parse_json(body)
    except (YamlError, ValueError) as error:
        raise BadRequest(f"error decoding YAML: error converting YAML to JSON: {error}") from error
    if value is not None and not isinstance(value, dict):
        raise BadRequest(
            "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
            f"{'array' if isinstance(value, list) else 'string'} into Go value of type map[string]interface {{}}"
        )
    lines = "\n  ".join(doubled)
    return value or {}, f"error converting YAML to JSON: yaml: unmarshal errors:\n  {lines}" if doubled else ""

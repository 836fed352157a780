"""A kind, declared once: everything that the API server needs to serve it.

The generic handlers know no kind; they ask the ResourceType. A built-in kind is one file that ends
in `X = resource_type(...)` and one line in api/registry.py; a custom resource becomes the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

import msgspec

from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, required
from wherry.apimachinery.kind_schema import KindSchema
from wherry.apimachinery.merge_type import MergeType

T = TypeVar("T", bound=msgspec.Struct)
T_co = TypeVar("T_co", bound=msgspec.Struct, covariant=True)

ActedOnBy = Literal["cluster", "clients", "nobody"]
"""Who makes objects of a kind work: Wherry itself; programs of its users (an ingress controller, whoever holds a
lease); or nobody yet, which a Warning says once when such an object is created."""

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of `kubectl get`; `priority` above 0 shows with `-o wide` only.

    `type` and `format` are OpenAPI's (string, integer, date; format "name" marks the name column).
    """

    name: str
    type: str = "string"
    description: str = ""
    priority: int = 0
    format: str = ""


NAME_COLUMN = Column("Name", "string", "Name must be unique within a namespace.", format="name")
AGE_COLUMN = Column("Age", "string", "How long ago the object was created.")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object that is written by its own path and by rules of its own (pods/resize).

    `take(stored, given)` returns the stored object (its own copy) with what the path may change taken from the
    given one; `validate(new, old)` returns all errors, instead of the kind's own validation.
    """

    take: Callable[[Document, Document], Document]
    validate: Callable[[Document, Document], list[FieldError]]


@dataclass(frozen=True, slots=True)
class Subresource:
    """Something that hangs below an object's URL: status, scale, log, exec ...

    `kind`, `group` and `version` are those of its body where they differ from the parent's. With a `part` the
    body is the whole object, of which only that part is written.
    """

    name: str
    verbs: tuple[str, ...]
    kind: str = ""
    group: str = ""
    version: str = ""
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where a scalable kind keeps its replica counts and its selector (dotted, as in a CRD).

    `selector_is_labels`: the selector is a plain map of labels, as before there were label selectors.
    """

    spec_replicas: str = "spec.replicas"
    status_replicas: str = "status.replicas"
    selector: str = "spec.selector"
    selector_is_labels: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """How objects are kept that are served in several versions: under one name, in one form.

    Kind, apiVersion and resourceVersion are never stored (see watch_event.py), so versions that differ in
    nothing else need no conversion. `from_stored` makes the served form of a stored document, `to_stored` the
    other way round; both are pure, may change their argument, and leave the metadata alone. Told apart by
    identity: a version whose form has changed gets a new one.
    """

    group: str
    plural: str
    from_stored: Callable[[Document], Document] | None = None
    to_stored: Callable[[Document], Document] | None = None


class Retirement:
    """The end of a kind as it is served now: watches of it end too, and their clients begin anew."""

    def __init__(self) -> None:
        """Still served."""
        self._waiting: set[Callable[[], None]] = set()

    def add(self, callback: Callable[[], None]) -> None:
        """Call this when the kind ends."""
        self._waiting.add(callback)

    def discard(self, callback: Callable[[], None]) -> None:
        """Do not call it any more."""
        self._waiting.discard(callback)

    def end(self) -> None:
        """Tell everybody."""
        for callback in tuple(self._waiting):
            callback()


def no_default(new: Document) -> None:
    """Fills in nothing."""


def no_prepare(new: Document, old: Document | None) -> None:
    """Changes nothing."""


def no_errors(new: Document, old: Document | None) -> list[FieldError]:
    """Finds nothing wrong."""
    return []


def no_warnings(new: Document, old: Document | None) -> list[str]:
    """Finds nothing worth a warning."""
    return []


@dataclass(frozen=True, slots=True)
class ResourceType(Generic[T_co]):
    """One kind of API object.

    Hooks get whole Documents, so that fields unknown to the Struct survive. All hooks are pure.
    `default(new)` fills absent fields in place. `prepare(new, old)` is the strategy: it may reset
    what users may not set (`old` is None on create); the generic code has already handled status,
    generation and the immutable metadata. `settle(new)` fills in what follows from a new object as admission has left
    it. `validate(new, old)` returns all field errors at once. `warn(new, old)`
    returns what a writer should know about a valid object.
    `described` gives the schema that whoever defined a custom kind has written (openAPIV3Schema, in JSON); built-in
    kinds, which are described by what Kubernetes publishes, have none.

    `prepare_deletion(document)` may add finalizers, in place, when somebody asks for an object's deletion.

    A custom resource is one whose definition a user has written: it brings its own `schema`, and what every
    built-in kind has beyond that (a status from the start, strategic merge patches, protobuf) it lacks.
    `merge_type()` says how owners share an object of a kind that is not built in.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    decode: Callable[[bytes], T_co]
    from_document: Callable[[Document], T_co]
    struct: type[msgspec.Struct]
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = ()
    default: Callable[[Document], None] = no_default
    prepare: Callable[[Document, Document | None], None] = no_prepare
    settle: Callable[[Document], None] = no_default
    validate: Callable[[Document, Document | None], list[FieldError]] = no_errors
    validate_status: Callable[[Document, Document], list[FieldError]] | None = None
    name_rule: Callable[[str], str] | None = None
    columns: tuple[Column, ...] = (NAME_COLUMN, AGE_COLUMN)
    row: Callable[[Document, float], Sequence[object]] | None = None
    selectable_fields: Mapping[str, Callable[[Document], str]] = field(default_factory=dict)
    scale: ScalePaths | None = None
    tracks_generation: bool = False
    delete_returns_object: bool = False
    graceful_delete_s: Callable[[Document, int | None], int] | None = None
    stamp_requester: Callable[[Document, Document], None] | None = None
    storage: Storage | None = None
    described: Callable[[], bytes] | None = None
    acted_on_by: ActedOnBy = "cluster"
    prepare_deletion: Callable[[Document], None] = no_default
    schema: KindSchema | None = None
    list_kind: str = ""
    is_custom: bool = False
    deprecation_warning: str = ""
    retirement: Retirement | None = None
    merge_type: Callable[[], MergeType] | None = None
    is_short_lived: bool = False
    is_heartbeat: bool = False
    # The same as selectable_fields, for what `decode` makes: three times as fast as by way of a Document.
    typed_fields: Mapping[str, Callable[..., str]] = field(default_factory=dict)
    warn: Callable[[Document, Document | None], list[str]] = no_warnings
    default_propagation: Literal["Background", "Orphan"] = "Background"
    propagation_warning: str = ""

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified_plural(self) -> str:
        """`pods` or `deployments.apps`: how messages name the kind."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def has_status(self) -> bool:
        """Whether its status is written apart from its spec."""
        return any(subresource.name == "status" for subresource in self.subresources)

    @property
    def url_prefix(self) -> str:
        """`/api/v1` or `/apis/apps/v1`."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def part(self, subresource: str) -> Part | None:
        """What a subresource writes, where that is a part of the object with rules of its own."""
        return next((sub.part for sub in self.subresources if sub.name == subresource), None) if subresource else None

    def url(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The path of a collection, an object or a subresource ("" for none). Names must be URL-safe."""
        path = self.url_prefix
        if namespace and self.namespaced:
            path += f"/namespaces/{namespace}"
        path += f"/{self.plural}"
        if name:
            path += f"/{name}"
        return f"{path}/{subresource}" if subresource else path


AnyResourceType = ResourceType[msgspec.Struct]
"""A kind, no matter which."""


STATUS = Subresource("status", ("get", "patch", "update"))
PROXY_VERBS = ("create", "delete", "get", "patch", "update")
SCALE = Subresource("scale", ("get", "patch", "update"), kind="Scale", group="autoscaling", version="v1")


def _error_from_conversion(message: str) -> FieldError:
    """What msgspec says about a document (`Object missing required field `name` - at `$.status`) as a field error."""
    detail, _, place = message.partition(" - at `$")
    path = place.rstrip("`").lstrip(".")
    if detail.startswith("Object missing required field `"):
        return required(child(path, detail.split("`")[1]))
    return FieldError("FieldValueTypeInvalid", path, f"Invalid value: {detail}")


def _writes_spec(struct: type[msgspec.Struct]) -> bool:
    """Whether an object that says nothing has an empty spec all the same, as Go writes what it holds by value."""
    spec = next((each for each in msgspec.structs.fields(struct) if each.name == "spec"), None)
    return (
        spec is not None and not spec.required and isinstance(spec.type, type) and issubclass(spec.type, msgspec.Struct)
    )


def resource_type(  # noqa: PLR0913 - a declaration has as many facts as a kind has
    struct: type[T],
    *,
    kind: str,
    plural: str,
    group: str = "",
    version: str = "v1",
    namespaced: bool = True,
    short_names: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
    verbs: tuple[str, ...] = ALL_VERBS,
    subresources: tuple[Subresource, ...] = (),
    default: Callable[[Document], None] | None = None,
    prepare: Callable[[Document, Document | None], None] | None = None,
    settle: Callable[[Document], None] | None = None,
    prepare_deletion: Callable[[Document], None] | None = None,
    validate: Callable[[T, T | None], list[FieldError]] | None = None,
    validate_documents: Callable[[Document, Document | None], list[FieldError]] | None = None,
    validate_status: Callable[[T, T], list[FieldError]] | None = None,
    name_rule: Callable[[str], str] | None = None,
    columns: tuple[Column, ...] = (NAME_COLUMN, AGE_COLUMN),
    row: Callable[[T, float], Sequence[object]] | None = None,
    selectable_fields: Mapping[str, Callable[[T], str]] | None = None,
    scale: ScalePaths | None = None,
    tracks_generation: bool | None = None,
    delete_returns_object: bool = False,
    graceful_delete_s: Callable[[T, int | None], int] | None = None,
    stamp_requester: Callable[[Document, Document], None] | None = None,
    storage: Storage | None = None,
    acted_on_by: ActedOnBy = "cluster",
    is_short_lived: bool = False,
    is_heartbeat: bool = False,
    warn: Callable[[Document, Document | None], list[str]] | None = None,
    deprecation_warning: str = "",
    default_propagation: Literal["Background", "Orphan"] = "Background",
    propagation_warning: str = "",
) -> ResourceType[T]:
    """Declare a kind.

    Args:
        validate: gets the new and the old object (None on create), typed; the schema has been checked.
        validate_documents: the same on whole documents, for rules about fields that the Struct lacks.
        validate_status: what is checked of a write to the status alone, instead of all the rest, which is as it was
            stored. For kinds whose status has no defaults of its own.
        name_rule: returns what is wrong with a name, or ""; default: an RFC 1123 subdomain.
        row: the cells of `columns` for one object at `now_s` (seconds since 1970).
        selectable_fields: field selectors besides metadata.name and metadata.namespace.
        tracks_generation: whether a changed spec raises metadata.generation; default: has a status.
        stamp_requester: (new object, user as {username, uid, groups, extra}) -> writes who has created it into it.
        graceful_delete_s: (object, requested grace or None) -> seconds; above 0 the object stays, marked
            as being deleted, until its keeper removes it with grace 0.
        storage: where another version of the kind is the one that is kept.
        acted_on_by: "nobody" as long as Wherry keeps the objects and does nothing about them.
        is_short_lived: objects that have not been written for an hour go by themselves.
        is_heartbeat: programs write its objects all the time to say that they live; who it was is not kept.
        warn: what to tell the writer of a valid object: fields that are deprecated, or that surprise.
        deprecation_warning: what every request for the kind is warned of.
        default_propagation: what becomes of the dependents of a deleted object when nobody says.
        propagation_warning: what to tell somebody who deletes and does not say it.
    """
    decoder: msgspec.json.Decoder[T] | None = None

    def decode(stored: bytes) -> T:
        nonlocal decoder
        if decoder is None:
            # Made when the first object is read: most programs look at a few of the sixty kinds.
            decoder = msgspec.json.Decoder(struct)
        return decoder.decode(stored)

    def convert(document: Document) -> T:
        return msgspec.convert(document, struct)

    def validate_all(new: Document, old: Document | None) -> list[FieldError]:
        try:
            typed_new, typed_old = convert(new), None if old is None else convert(old)
        except msgspec.ValidationError as err:
            return [_error_from_conversion(str(err))]
        errors = validate(typed_new, typed_old) if validate else []
        return errors + validate_documents(new, old) if validate_documents else errors

    def validate_status_alone(new: Document, old: Document) -> list[FieldError]:
        assert validate_status is not None
        try:
            return validate_status(convert(new), convert(old))
        except msgspec.ValidationError as err:
            return [_error_from_conversion(str(err))]

    writes_spec = _writes_spec(struct)

    def default_all(new: Document) -> None:
        if writes_spec and new.get("spec") is None:
            new["spec"] = {}
        if default:
            default(new)

    def row_of(document: Document, now_s: float) -> Sequence[object]:
        return row(convert(document), now_s) if row else ()

    def field_of(getter: Callable[[T], str]) -> Callable[[Document], str]:
        return lambda document: getter(convert(document))

    def grace_of(document: Document, requested_s: int | None) -> int:
        return graceful_delete_s(convert(document), requested_s) if graceful_delete_s else 0

    return ResourceType(
        group=group,
        version=version,
        kind=kind,
        plural=plural,
        namespaced=namespaced,
        decode=decode,
        from_document=convert,
        struct=struct,
        singular=kind.lower(),
        short_names=short_names,
        categories=categories,
        verbs=verbs,
        subresources=subresources,
        default=default_all,
        prepare=prepare or no_prepare,
        settle=settle or no_default,
        validate=validate_all,
        validate_status=validate_status_alone if validate_status else None,
        name_rule=name_rule,
        columns=columns,
        row=row_of if row else None,
        selectable_fields={path: field_of(getter) for path, getter in (selectable_fields or {}).items()},
        scale=scale,
        tracks_generation=(
            any(sub.name == "status" for sub in subresources) if tracks_generation is None else tracks_generation
        ),
        delete_returns_object=delete_returns_object,
        graceful_delete_s=grace_of if graceful_delete_s else None,
        stamp_requester=stamp_requester,
        storage=storage,
        acted_on_by=acted_on_by,
        is_short_lived=is_short_lived,
        is_heartbeat=is_heartbeat,
        typed_fields=dict(selectable_fields or {}),
        prepare_deletion=prepare_deletion or no_default,
        list_kind=f"{kind}List",
        warn=warn or no_warnings,
        deprecation_warning=deprecation_warning,
        default_propagation=default_propagation,
        propagation_warning=propagation_warning,
    )

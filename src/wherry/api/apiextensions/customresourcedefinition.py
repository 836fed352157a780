"""A new kind of object, declared by a user: its names, its versions, and what its objects look like.

The schemas are in no Struct: whoever watches definitions wants their names, and a schema may have a megabyte. They
are read from the document where they are needed (version_rules.py; apiserver/custom_resources).

Source: kubernetes apiextensions-apiserver, pkg/apis/apiextensions and pkg/registry/customresourcedefinition.
"""

from __future__ import annotations

from msgspec import field

from wherry.api.apiextensions.api_approval import validate_approval
from wherry.api.apiextensions.version_rules import validate_conversion, validate_versions
from wherry.api.condition import Condition
from wherry.api.documents import find, put_absent, section, sections, text
from wherry.api.object_meta import IMMUTABLE
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, not_supported, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1035_label, dns1123_subdomain
from wherry.apimachinery.resource_type import NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct

GROUP = "apiextensions.k8s.io"
CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
SCOPES = ("Cluster", "Namespaced")
MIXED_CASE = "may have mixed case, but should otherwise match: "


class CustomResourceDefinitionNames(Struct):
    categories: tuple[str, ...] = ()
    kind: str = ""
    list_kind: str = ""
    plural: str = ""
    short_names: tuple[str, ...] = ()
    singular: str = ""


class CustomResourceDefinitionVersion(Struct):
    name: str = ""
    served: bool | None = None
    storage: bool | None = None


class CustomResourceDefinitionSpec(Struct):
    group: str = ""
    names: CustomResourceDefinitionNames = field(default_factory=CustomResourceDefinitionNames)
    preserve_unknown_fields: bool | None = None
    scope: str = ""
    versions: tuple[CustomResourceDefinitionVersion, ...] = ()


class CustomResourceDefinitionStatus(Struct):
    accepted_names: CustomResourceDefinitionNames | None = None
    conditions: tuple[Condition, ...] = ()
    stored_versions: tuple[str, ...] = ()


class CustomResourceDefinition(Struct):
    """A new kind of object, declared by a user."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: CustomResourceDefinitionSpec = field(default_factory=CustomResourceDefinitionSpec)
    status: CustomResourceDefinitionStatus = field(default_factory=CustomResourceDefinitionStatus)


def condition_of(definition: CustomResourceDefinition, name: str) -> Condition | None:
    """The condition of this name, if it has been told."""
    return next((each for each in definition.status.conditions if each.type == name), None)


def is_true(definition: CustomResourceDefinition, name: str) -> bool:
    """Whether the condition of this name holds."""
    condition = condition_of(definition, name)
    return condition is not None and condition.status == "True"


def _default(new: Document) -> None:
    spec = section(new, "spec")
    put_absent(spec, conversion={"strategy": "None"})
    service = find(new, "spec", "conversion", "webhook", "clientConfig", "service")
    if isinstance(service, dict):
        put_absent(service, port=443)
    names = section(spec, "names")
    kind = text(names, "kind")
    if kind:
        put_absent(names, singular=kind.lower(), listKind=f"{kind}List")


def _prepare(new: Document, old: Document | None) -> None:
    """The storage version counts as stored from the moment that it is declared."""
    if old is None:
        new["status"] = {}
    status = section(new, "status")
    stored = [name for name in status.get("storedVersions") or [] if isinstance(name, str)]  # type: ignore[attr-defined] # a list, says the schema
    for version in sections(new, "spec", "versions"):
        if version.get("storage") is True and text(version, "name") not in stored:
            stored.append(text(version, "name"))
    status["storedVersions"] = stored


def _prepare_deletion(document: Document) -> None:
    """Whoever deletes a definition deletes its objects; they go first."""
    metadata = section(document, "metadata")
    finalizers = [name for name in metadata.get("finalizers") or [] if isinstance(name, str)]  # type: ignore[attr-defined] # a list, says the schema
    if "deletionTimestamp" not in metadata and CLEANUP_FINALIZER not in finalizers:
        metadata["finalizers"] = [*finalizers, CLEANUP_FINALIZER]


def _validate(new: CustomResourceDefinition, old: CustomResourceDefinition | None) -> list[FieldError]:
    spec = new.spec
    errors: list[FieldError] = []
    expected = f"{spec.names.plural}.{spec.group}"
    if new.metadata.name != expected:
        errors.append(invalid("metadata.name", new.metadata.name, 'must be spec.names.plural+"."+spec.group'))
    errors += _validate_group(spec.group)
    if not spec.scope:
        errors.append(required("spec.scope"))
    elif spec.scope not in SCOPES:
        errors.append(not_supported("spec.scope", spec.scope, SCOPES))
    if spec.preserve_unknown_fields:
        detail = "must be false"
        errors.append(invalid("spec.preserveUnknownFields", True, detail))
    errors += validate_approval(spec.group, new.metadata.annotations, old.metadata.annotations if old else None)
    errors += _validate_names(spec.names, "spec.names")
    errors += _validate_stored_versions(new)
    return errors + _validate_kept(new, old) if old is not None else errors


def _validate_group(group: str) -> list[FieldError]:
    if not group:
        return [required("spec.group")]
    if wrong := dns1123_subdomain(group):
        return [invalid("spec.group", group, wrong)]
    return [] if "." in group else [invalid("spec.group", group, "should be a domain with at least one dot")]


def _validate_names(names: CustomResourceDefinitionNames, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for name, value, is_mixed in (
        ("plural", names.plural, False),
        ("singular", names.singular, False),
        ("kind", names.kind, True),
        ("listKind", names.list_kind, True),
    ):
        if not value:
            errors.append(required(child(path, name)))
        elif wrong := dns1035_label(value.lower() if is_mixed else value):
            errors.append(invalid(child(path, name), value, f"{MIXED_CASE}{wrong}" if is_mixed else wrong))
    for group, values in (("shortNames", names.short_names), ("categories", names.categories)):
        for position, value in enumerate(values):
            if wrong := dns1035_label(value):
                errors.append(invalid(index(child(path, group), position), value, wrong))
    if names.kind and names.kind == names.list_kind:
        errors.append(invalid(child(path, "listKind"), names.list_kind, "kind and listKind may not be the same"))
    return errors


def _validate_stored_versions(new: CustomResourceDefinition) -> list[FieldError]:
    errors: list[FieldError] = []
    names = [version.name for version in new.spec.versions]
    for position, name in enumerate(new.status.stored_versions):
        if name not in names:
            detail = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in "
                f"spec.versions until a storage migration ensures no data remains persisted in {name} and removes "
                f"{name} from status.storedVersions"
            )
            errors.append(invalid(index("status.storedVersions", position), name, detail))
    storage = next((version.name for version in new.spec.versions if version.storage), "")
    if storage and storage not in new.status.stored_versions:
        detail = f"must have the storage version {storage}"
        errors.append(invalid("status.storedVersions", new.status.stored_versions, detail))
    return errors


def _validate_kept(new: CustomResourceDefinition, old: CustomResourceDefinition) -> list[FieldError]:
    kept = [("spec.group", old.spec.group, new.spec.group)]
    kept.append(("spec.names.plural", old.spec.names.plural, new.spec.names.plural))
    if is_true(old, "Established"):
        kept.append(("spec.scope", old.spec.scope, new.spec.scope))
        kept.append(("spec.names.kind", old.spec.names.kind, new.spec.names.kind))
    return [invalid(path, now, IMMUTABLE) for path, was, now in kept if was != now]


def _validate_documents(new: Document, old: Document | None) -> list[FieldError]:
    return validate_versions(new, old) + validate_conversion(new)


def _row(definition: CustomResourceDefinition, now_s: float) -> tuple[object, ...]:
    return definition.metadata.name, definition.metadata.creation_timestamp


CUSTOM_RESOURCE_DEFINITIONS = resource_type(
    CustomResourceDefinition,
    kind="CustomResourceDefinition",
    plural="customresourcedefinitions",
    group=GROUP,
    namespaced=False,
    short_names=("crd", "crds"),
    categories=("api-extensions",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    prepare_deletion=_prepare_deletion,
    validate=_validate,
    validate_documents=_validate_documents,
    columns=(NAME_COLUMN, Column("Created At", "date", "When the definition was created.")),
    row=_row,
    # What is not in the Structs, above all the schemas, is read from the document.
    acted_on_by="clients",
)

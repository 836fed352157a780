"""What a client may ask for besides the object: dry runs, strictness, how to delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, invalid
from wherry.apimachinery.field_errors import FieldError
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import mapping_in, text_in

META_GROUP = "meta.k8s.io"
MANAGER_BYTES_MAX = 128
FIELD_VALIDATIONS = ("", "Ignore", "Strict", "Warn")
PROPAGATION_POLICIES = ("Foreground", "Background", "Orphan", "nil")


@dataclass(frozen=True, slots=True)
class PatchBody:
    """What errors say about a patch: `shown` is how they show it or what it leads to, `complaints` its own flaws."""

    shown: Callable[[Document], str]
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How to write.

    `field_validation` is Strict, Warn or Ignore: what to do about unknown fields. `field_manager` is who writes, ""
    if the client does not say. `force` takes fields from their owners. `brings_owners` is set by the server where
    an object's new managedFields come along with it, `patch` where the object is what a patch has led to.
    """

    dry_run: bool = False
    field_validation: str = "Warn"
    field_manager: str = ""
    force: bool = False
    brings_owners: bool = False
    patch: PatchBody | None = None


PLAIN_WRITE = WriteOptions()


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How to delete. `grace_period_s` None leaves it to the kind; `propagation` "" leaves the finalizers alone.

    `is_accepted_later`: an object that stays a while is answered with 202, for old clients that say orphanDependents.
    """

    dry_run: bool = False
    grace_period_s: int | None = None
    propagation: str = ""
    uid: str = ""
    resource_version: str = ""
    is_accepted_later: bool = False


def write_options(request: ApiRequest, kind: str, *, applies: bool = False) -> WriteOptions:
    """Read the options of a write from the query.

    Args:
        kind: what errors call them (CreateOptions, UpdateOptions, PatchOptions).
        applies: the write is a server-side apply, which has to say who applies, and may use force.
    """
    if not request.http.query and not applies:
        return PLAIN_WRITE
    query = request.query
    errors: list[FieldError] = []
    field_manager = query.get("fieldManager", "")
    if applies and not field_manager:
        errors.append(field_errors.required("fieldManager", "is required for apply patch"))
    if not applies and kind == "PatchOptions" and "force" in query:
        errors.append(field_errors.forbidden("force", "may not be specified for non-apply patch"))
    errors += manager_errors("fieldManager", field_manager)
    dry_run = query.get("dryRun", "")
    if dry_run not in ("", "All"):
        errors.append(_bad_dry_run([dry_run]))
    field_validation = query.get("fieldValidation", "")
    if field_validation not in FIELD_VALIDATIONS:
        errors.append(field_errors.not_supported("fieldValidation", field_validation, FIELD_VALIDATIONS))
    if errors:
        raise invalid(kind, META_GROUP, "", errors)
    return WriteOptions(bool(dry_run), field_validation or "Warn", field_manager, request.is_set("force"))


def manager_errors(path: str, name: str) -> list[FieldError]:
    """What is wrong with the name of a field manager."""
    errors: list[FieldError] = []
    if len(name.encode(errors="replace")) > MANAGER_BYTES_MAX:
        errors.append(field_errors.too_long(path, MANAGER_BYTES_MAX))
    for position, character in enumerate(name):
        if not character.isprintable():
            place = len(name[:position].encode(errors="replace"))
            detail = f"invalid character U+{ord(character):04X} (at position {place})"
            errors.append(field_errors.invalid(path, name, detail))
    return errors


def delete_options(request: ApiRequest, body: Document | None) -> DeleteOptions:
    """Read the options of a deletion from its body, or else from the query."""
    given: Document = body or {}
    query = request.query
    grace = given.get("gracePeriodSeconds")
    if grace is None and "gracePeriodSeconds" in query:
        grace = request.whole_number("gracePeriodSeconds", 0)
    if grace is not None and (not isinstance(grace, int) or isinstance(grace, bool)):
        raise BadRequest("gracePeriodSeconds must be a whole number of seconds")
    dry_run = given.get("dryRun") or ([query["dryRun"]] if query.get("dryRun") else [])
    propagation = text_in(given, "propagationPolicy") or query.get("propagationPolicy", "")
    orphan = given.get("orphanDependents")
    if orphan is None and "orphanDependents" in query:
        orphan = request.is_set("orphanDependents")
    errors: list[FieldError] = []
    if isinstance(orphan, bool):
        if propagation:
            errors.append(
                field_errors.invalid(
                    "propagationPolicy", propagation, "orphanDependents and deletionPropagation cannot be both set"
                )
            )
        propagation = "Orphan" if orphan else "Background"
    if propagation and propagation not in PROPAGATION_POLICIES[:3]:
        errors.append(field_errors.not_supported("propagationPolicy", propagation, PROPAGATION_POLICIES))
    if not isinstance(dry_run, list) or any(value != "All" for value in dry_run):
        errors.append(_bad_dry_run(dry_run if isinstance(dry_run, list) else [dry_run]))
    if errors:
        raise invalid("DeleteOptions", META_GROUP, "", errors)
    preconditions = mapping_in(given, "preconditions")
    return DeleteOptions(
        dry_run=bool(dry_run),
        # A negative grace period means one second, as upstream has decided.
        grace_period_s=1 if isinstance(grace, int) and grace < 0 else grace,
        propagation=propagation,
        uid=text_in(preconditions, "uid"),
        resource_version=text_in(preconditions, "resourceVersion"),
        is_accepted_later=orphan is False,
    )


def _bad_dry_run(values: list[object] | list[str]) -> FieldError:
    shown = ", ".join(field_errors.show(value) for value in values)
    message = f'Unsupported value: []string{{{shown}}}: supported values: "All"'
    return FieldError("FieldValueNotSupported", "dryRun", message)

"""What a claim asks for and a volume offers, in the same words: how it is shared, how much it holds, of which class."""

from __future__ import annotations

from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, forbidden, invalid, required
from wherry.apimachinery.names import dns1123_subdomain
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity

ACCESS_MODES = {
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOnce": "RWO",
    "ReadWriteOncePod": "RWOP",
}
ALONE = "ReadWriteOncePod"
VOLUME_MODES = ("Block", "Filesystem")
# In the order in which kubectl shows them.
SHOWN_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
# How the class was said before there was a field.
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
CLASS_ANNOTATION_IS_OLD = (
    f'metadata.annotations[{CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead'
)


def shorten_access_modes(modes: tuple[str, ...]) -> str:
    """`RWO,ROX`: as kubectl prints them."""
    return ",".join(ACCESS_MODES[mode] for mode in SHOWN_MODES if mode in modes)


def validate_access_modes(modes: tuple[str, ...], path: str, missing: str = "") -> list[FieldError]:
    """At least one mode that there is; the one for a single pod comes alone."""
    errors = [] if modes else [required(path, missing)]
    for mode in modes:
        errors += one_of(path, mode, ACCESS_MODES, may_be_absent=False)
    known = {mode for mode in modes if mode in ACCESS_MODES}
    if ALONE in known and len(known) > 1:
        errors.append(forbidden(path, f"may not use {ALONE} with other access modes"))
    return errors


def validate_storage_amount(amount: QuantityText, path: str) -> list[FieldError]:
    """An amount of storage: readable, and more than nothing."""
    try:
        if parse_quantity(amount) > 0:
            return []
    except QuantityError as err:
        return [invalid(path, amount, str(err))]
    return [invalid(path, str(amount), "must be greater than zero")]


def validate_class_name(name: str | None, path: str) -> list[FieldError]:
    """The name of a class, which may be left out."""
    wrong = dns1123_subdomain(name) if name else ""
    return [invalid(path, name, wrong)] if wrong else []

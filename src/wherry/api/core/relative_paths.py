"""Paths that a pod names: they stay below the place that they are relative to, or do not climb."""

from __future__ import annotations

from wherry.apimachinery.field_errors import FieldError, invalid, required

CLIMBS = "must not contain '..'"


def validate_no_climbing(place: str, path: str) -> list[FieldError]:
    """A path without a step upwards."""
    return [invalid(path, place, CLIMBS)] if ".." in place.split("/") else []


def validate_relative_path(relative: str, path: str) -> list[FieldError]:
    """A path that stays below the place it is relative to."""
    errors = [invalid(path, relative, "must be a relative path")] if relative.startswith("/") else []
    return errors + validate_no_climbing(relative, path)


def validate_file_path(relative: str, path: str) -> list[FieldError]:
    """Where a file is put below a volume: names that begin with two dots are the node's own."""
    errors = [] if relative else [required(path)]
    errors += validate_relative_path(relative, path)
    if relative.startswith("..") and not relative.startswith("../") and relative != "..":
        errors.append(invalid(path, relative, "must not start with '..'"))
    return errors

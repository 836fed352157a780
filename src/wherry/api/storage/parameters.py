"""What the classes of storage share: the name of a driver, and the settings that are handed to it."""

from __future__ import annotations

from wherry.api.field_formats import fitting
from wherry.apimachinery.field_errors import FieldError, invalid, required, too_long
from wherry.apimachinery.names import dns1123_subdomain, qualified_name

PARAMETERS_MAX = 512
PARAMETERS_BYTES_MAX = 256 * 1024
DRIVER_NAME_LENGTH_MAX = 63


def validate_provisioner(path: str, name: str) -> list[FieldError]:
    """Who makes the storage; capitals have always been allowed."""
    if not name:
        return [required(path)]
    wrong = qualified_name(name.lower())
    return [invalid(path, name, wrong)] if wrong else []


def validate_parameters(path: str, parameters: dict[str, str], *, may_be_empty: bool) -> list[FieldError]:
    """Settings that only the driver understands: not too many, not too long."""
    if len(parameters) > PARAMETERS_MAX:
        return [too_long(path, PARAMETERS_MAX)]
    errors = [invalid(path, name, "field can not be empty.") for name in parameters if not name]
    size_bytes = sum(len(name.encode()) + len(value.encode()) for name, value in parameters.items())
    if size_bytes > PARAMETERS_BYTES_MAX:
        errors.append(too_long(path, PARAMETERS_BYTES_MAX))
    if not parameters and not may_be_empty:
        errors.append(required(path, "must contain at least one key/value pair"))
    return errors


def validate_driver_name(path: str, name: str) -> list[FieldError]:
    """The name of a CSI driver, as it tells it itself."""
    if not name:
        return [required(path)]
    errors = [too_long(path, DRIVER_NAME_LENGTH_MAX)] if len(name) > DRIVER_NAME_LENGTH_MAX else []
    return errors + fitting(path, name.lower(), dns1123_subdomain)

"""Names of devices, pools and their properties, and settings that only a driver understands.

Source: kubernetes pkg/apis/resource/validation.
"""

from __future__ import annotations

import re

import orjson

from wherry.api.expressions import validate_expression
from wherry.api.field_formats import fitting
from wherry.api.storage.parameters import validate_driver_name
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, required, show, too_long, too_many
from wherry.apimachinery.names import dns1123_subdomain
from wherry.apimachinery.struct import Struct

POOL_LENGTH_MAX = 253
IDENTIFIER_LENGTH_MAX = 32
SELECTORS_MAX = 32
CONFIGS_MAX = 32
EXPRESSION_BYTES_MAX = 10 * 1024
PARAMETERS_BYTES_MAX = 10 * 1024
DEVICE = frozenset(("device",))

_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_is_identifier = re.compile(_IDENTIFIER).fullmatch
_IDENTIFIER_WRONG = (
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters "
    f"or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '{_IDENTIFIER}')"
)


class CelDeviceSelector(Struct):
    expression: str = ""


class DeviceSelector(Struct):
    """Which devices will do."""

    cel: CelDeviceSelector | None = None


class OpaqueDeviceConfiguration(Struct):
    driver: str = ""
    parameters: Document | None = None


class DeviceConfiguration(Struct):
    """Settings for a device; in a claim they may be for some of its requests only."""

    opaque: OpaqueDeviceConfiguration | None = None
    requests: tuple[str, ...] = ()


def validate_pool_name(path: str, name: str) -> list[FieldError]:
    """One or more host names, joined by slashes."""
    if not name:
        return [required(path)]
    errors = [too_long(path, POOL_LENGTH_MAX)] if len(name) > POOL_LENGTH_MAX else []
    return errors + [error for part in name.split("/") for error in fitting(path, part, dns1123_subdomain)]


def validate_property_name(path: str, name: str, *, needs_domain: bool = False) -> list[FieldError]:
    """The name of an attribute or a capacity: `model`, or `gpu.example.com/model`."""
    if not name:
        return [required(path, "name required")]
    domain, slash, own = name.rpartition("/")
    errors = [] if slash or not needs_domain else [invalid(path, name, "must include a domain")]
    if slash:
        errors += validate_driver_name(path, domain) if domain else [required(path, "the domain must not be empty")]
        if not own:
            return [*errors, required(path, "the name must not be empty")]
    if len(own) > IDENTIFIER_LENGTH_MAX:
        errors.append(too_long(path, IDENTIFIER_LENGTH_MAX))
    if not _is_identifier(own):
        errors.append(FieldError("FieldValueTypeInvalid", path, f"Invalid value: {show(own)}: {_IDENTIFIER_WRONG}"))
    return errors


def validate_selectors(path: str, selectors: tuple[DeviceSelector, ...]) -> list[FieldError]:
    """Each is an expression about a device, true or false."""
    errors: list[FieldError] = []
    for position, selector in enumerate(selectors):
        place = child(index(path, position), "cel")
        if selector.cel is None:
            errors.append(required(place))
            continue
        text, place = selector.cel.expression, child(place, "expression")
        if len(text.encode()) > EXPRESSION_BYTES_MAX:
            errors.append(too_long(place, EXPRESSION_BYTES_MAX))
        else:
            errors += validate_expression(place, text, "bool", variables=DEVICE)
    if len(selectors) > SELECTORS_MAX:
        errors.append(too_many(path, len(selectors), SELECTORS_MAX))
    return errors


def validate_configuration(path: str, configuration: DeviceConfiguration) -> list[FieldError]:
    """Who understands the settings, and an object that holds them."""
    place = child(path, "opaque")
    if configuration.opaque is None:
        return [required(place)]
    errors = validate_driver_name(child(place, "driver"), configuration.opaque.driver)
    parameters = configuration.opaque.parameters
    if parameters is None:
        errors.append(required(child(place, "parameters")))
    else:
        errors += validate_size(child(place, "parameters"), parameters)
    return errors


def validate_size(path: str, settings: Document) -> list[FieldError]:
    """Settings that nobody but the driver reads may still not be novels."""
    if len(orjson.dumps(settings)) > PARAMETERS_BYTES_MAX:
        return [too_long(path, PARAMETERS_BYTES_MAX)]
    return []

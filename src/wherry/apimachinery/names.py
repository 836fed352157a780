"""What may be a name, a label, a key: the rules of Kubernetes, told in its own words.

Every function returns what is wrong, or "" when nothing is. Several complaints are joined by "; ".

Source: kubernetes apimachinery, util/validation.
"""

from __future__ import annotations

import re

LABEL_LENGTH_MAX = 63
SUBDOMAIN_LENGTH_MAX = 253
PORT_NAME_LENGTH_MAX = 15

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED_NAME})?"
_CONFIG_MAP_KEY = "[-._a-zA-Z0-9]+"
_WILDCARD_SUBDOMAIN = rf"\*\.{_SUBDOMAIN}"
_PATH_SEGMENT_BANNED = ("/", "%")


def _too_long(length_max: int) -> str:
    return f"must be no more than {length_max} bytes"


def _mismatch(sentence: str, pattern: str, *examples: str) -> str:
    listed = " or ".join(f"'{example}', " for example in examples)
    return f"{sentence} (e.g. {listed}regex used for validation is '{pattern}')"


_LABEL_WRONG = _mismatch(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character",
    _LABEL,
    "my-name",
    "123-abc",
)
_SUBDOMAIN_WRONG = _mismatch(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character",
    _SUBDOMAIN,
    "example.com",
)
_LABEL_1035_WRONG = _mismatch(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character",
    _LABEL_1035,
    "my-name",
    "abc-123",
)
_QUALIFIED_NAME_WRONG = _mismatch(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    _QUALIFIED_NAME,
    "MyName",
    "my.name",
    "123-abc",
)
_LABEL_VALUE_WRONG = _mismatch(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character",
    _LABEL_VALUE,
    "MyValue",
    "my_value",
    "12345",
)
_CONFIG_MAP_KEY_WRONG = _mismatch(
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    _CONFIG_MAP_KEY,
    "key.name",
    "KEY_NAME",
    "key-name",
)
_WILDCARD_SUBDOMAIN_WRONG = _mismatch(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    _WILDCARD_SUBDOMAIN,
    "*.example.com",
)

_HTTP_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_is_http_path = re.compile(_HTTP_PATH).fullmatch
_is_label = re.compile(_LABEL).fullmatch
_is_subdomain = re.compile(_SUBDOMAIN).fullmatch
_is_label_1035 = re.compile(_LABEL_1035).fullmatch
_is_qualified_name = re.compile(_QUALIFIED_NAME).fullmatch
_is_label_value = re.compile(_LABEL_VALUE).fullmatch
_is_config_map_key = re.compile(_CONFIG_MAP_KEY).fullmatch
_is_wildcard_subdomain = re.compile(_WILDCARD_SUBDOMAIN).fullmatch
_is_port_name = re.compile("[-a-z0-9]+").fullmatch
_has_letter = re.compile("[a-z]").search
_is_env_var_name = re.compile("[ -<>-~]+").fullmatch


def dns1123_label(name: str) -> str:
    """What is wrong with a name that becomes one part of a host name."""
    return _judged(name, LABEL_LENGTH_MAX, fits=_is_label(name) is not None, wrong=_LABEL_WRONG)


def dns1123_subdomain(name: str) -> str:
    """What is wrong with a name that becomes a host name."""
    return _judged(name, SUBDOMAIN_LENGTH_MAX, fits=_is_subdomain(name) is not None, wrong=_SUBDOMAIN_WRONG)


def wildcard_dns1123_subdomain(name: str) -> str:
    """What is wrong with a host name that begins with `*.`."""
    fits = _is_wildcard_subdomain(name) is not None
    return _judged(name, SUBDOMAIN_LENGTH_MAX, fits=fits, wrong=_WILDCARD_SUBDOMAIN_WRONG)


def path_segment(name: str) -> str:
    """What is wrong with a name that becomes one step of a URL."""
    if name in {".", ".."}:
        return f"may not be '{name}'"
    return "; ".join(f"may not contain '{character}'" for character in _PATH_SEGMENT_BANNED if character in name)


def dns1035_label(name: str) -> str:
    """What is wrong with the name of a Service: as a DNS label, and starting with a letter."""
    return _judged(name, LABEL_LENGTH_MAX, fits=_is_label_1035(name) is not None, wrong=_LABEL_1035_WRONG)


def label_value(value: str) -> str:
    """What is wrong with the value of a label."""
    return _judged(value, LABEL_LENGTH_MAX, fits=_is_label_value(value) is not None, wrong=_LABEL_VALUE_WRONG)


def qualified_name(name: str) -> str:
    """What is wrong with the key of a label or annotation: `name` or `example.com/name`."""
    parts = name.split("/")
    if len(parts) > 2:
        return (
            f"a qualified name {_QUALIFIED_NAME_WRONG} with an optional DNS subdomain prefix and '/' "
            "(e.g. 'example.com/MyName')"
        )
    wrong: list[str] = []
    if len(parts) == 2:
        prefix = parts[0]
        complaint = dns1123_subdomain(prefix) if prefix else "must be non-empty"
        wrong.extend(f"prefix part {part}" for part in complaint.split("; ") if part)
    own_name = parts[-1]
    if not own_name:
        wrong.append("name part must be non-empty")
    elif len(own_name) > LABEL_LENGTH_MAX:
        wrong.append(f"name part {_too_long(LABEL_LENGTH_MAX)}")
    if not _is_qualified_name(own_name):
        wrong.append(f"name part {_QUALIFIED_NAME_WRONG}")
    return "; ".join(wrong)


def port_name(name: str) -> str:
    """What is wrong with the name of a port (an IANA service name)."""
    wrong: list[str] = []
    if len(name) > PORT_NAME_LENGTH_MAX:
        wrong.append(_too_long(PORT_NAME_LENGTH_MAX))
    if not _is_port_name(name):
        wrong.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not _has_letter(name):
        wrong.append("must contain at least one letter (a-z)")
    if "--" in name:
        wrong.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        wrong.append("must not begin or end with a hyphen")
    return "; ".join(wrong)


def env_var_name(name: str) -> str:
    """What is wrong with the name of an environment variable."""
    if not name:
        return "environment variable name must be non-empty"
    if not _is_env_var_name(name):
        return "a valid environment variable name must consist only of printable ASCII characters other than '='"
    return ""


def config_map_key(key: str) -> str:
    """What is wrong with a key in a ConfigMap or Secret, which may become a file's name."""
    wrong = _judged(key, SUBDOMAIN_LENGTH_MAX, fits=_is_config_map_key(key) is not None, wrong=_CONFIG_MAP_KEY_WRONG)
    if key in {".", ".."}:
        escape = f"must not be '{key}'"
    elif key.startswith(".."):
        escape = "must not start with '..'"
    else:
        return wrong
    return f"{wrong}; {escape}" if wrong else escape


def domain_prefixed_path(name: str) -> str:
    """What is wrong with a name such as `example.com/controller`: a domain, and something of its own."""
    domain, _, path = name.partition("/")
    if not domain or not path:
        return 'must be a domain-prefixed path (such as "acme.io/foo")'
    if wrong := dns1123_subdomain(domain):
        return wrong
    return "" if _is_http_path(path) else f"Invalid path (regex used for validation is '{_HTTP_PATH}')"


def _judged(name: str, length_max: int, *, fits: bool, wrong: str) -> str:
    complaints = [_too_long(length_max)] if len(name) > length_max else []
    if not fits:
        complaints.append(wrong)
    return "; ".join(complaints)

from __future__ import annotations

from collections.abc import Callable

import pytest

from wherry.apimachinery import names

SUBDOMAIN_WRONG = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (names.dns1123_label, "web-1"), (names.dns1123_label, "1web"), (names.dns1123_label, "a" * 63),
        (names.dns1123_subdomain, "a.b-c.d"), (names.dns1123_subdomain, "a" * 253), (names.dns1035_label, "web-1"),
        (names.qualified_name, "app"), (names.qualified_name, "example.com/My_App.x"), (names.label_value, ""),
        (names.label_value, "a_B.c"), (names.port_name, "http-2"), (names.env_var_name, "my.VAR-1 x"),
        (names.config_map_key, "..data"[1:]), (names.config_map_key, "KEY_name.x"),
    ],
)  # fmt: skip
def test_a_good_name_has_nothing_wrong(rule: Callable[[str], str], name: str) -> None:
    assert rule(name) == ""


@pytest.mark.parametrize(
    ("rule", "name", "wrong"),
    [
        (names.dns1123_subdomain, "Bad_Name", SUBDOMAIN_WRONG),
        (names.dns1123_subdomain, "a" * 254, "must be no more than 253 bytes"),
        (names.dns1123_label, "a.b", "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
         "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
         "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"),
        (names.dns1035_label, "1a", "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start "
         "with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex "
         "used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"),
        (names.qualified_name, "x/", "name part must be non-empty; name part must consist of alphanumeric characters, "
         "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or "
         "'123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"),
        (names.qualified_name, "/x", "prefix part must be non-empty"),
        (names.qualified_name, "A/x", f"prefix part {SUBDOMAIN_WRONG}"),
        (names.qualified_name, "a" * 64, "name part must be no more than 63 bytes"),
        (names.label_value, "-", "a valid label must be an empty string or consist of alphanumeric characters, '-', "
         "'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
         "or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"),
        (names.port_name, "0123456789012345", "must be no more than 15 bytes; must contain at least one letter (a-z)"),
        (names.port_name, "A", "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-); "
         "must contain at least one letter (a-z)"),
        (names.port_name, "-a--b", "must not contain consecutive hyphens; must not begin or end with a hyphen"),
        (names.env_var_name, "", "environment variable name must be non-empty"),
        (names.env_var_name, "a=b", "a valid environment variable name must consist only of printable ASCII characters "
         "other than '='"),
        (names.config_map_key, "..", "must not be '..'"),
        (names.config_map_key, "..x", "must not start with '..'"),
        (names.config_map_key, "a/b", "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
         "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"),
    ],
)  # fmt: skip
def test_a_bad_name_is_told_in_the_words_of_kubernetes(rule: Callable[[str], str], name: str, wrong: str) -> None:
    assert rule(name) == wrong


def test_a_name_of_three_parts_gets_an_example() -> None:
    wrong = names.qualified_name("a/b/c")
    assert wrong.startswith("a qualified name must consist of")
    assert wrong.endswith("with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")


def test_a_trailing_newline_is_no_part_of_a_name() -> None:
    assert names.dns1123_label("web\n")
    assert names.config_map_key("..\n")

"""The Accept header, and what comes of it."""

from __future__ import annotations

import pytest

from wherry.apimachinery.errors import NotAcceptable
from wherry.apiserver.media_types import (
    ACCEPT_CHARS_MAX,
    JSON,
    PARTIAL,
    PARTIAL_LIST,
    PLAIN,
    PROTOBUF,
    TABLE,
    YAML,
    Accepted,
    accepted,
    plain_media_type,
    readable,
)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", Accepted()),
        ("*/*", Accepted()),
        ("application/json", Accepted()),
        ("application/yaml", Accepted(media_type=YAML)),
        ("application/yaml, application/json", Accepted(media_type=YAML)),
        ("*/*, application/yaml", Accepted(media_type=YAML)),
        ("application/json;pretty=1", Accepted(is_pretty=True)),
        ("application/json, */*", Accepted(PLAIN)),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io",
         Accepted(TABLE)),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", Accepted(TABLE, "v1beta1")),
        ("application/json;as=Table;v=v3;g=meta.k8s.io,application/json", Accepted()),
        ("application/json;as=Table;v=v1;g=example.com,*/*", Accepted()),
        ("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", Accepted(PARTIAL)),
        ("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", Accepted(PARTIAL_LIST)),
        ("application/json;q=0.5,application/json;as=Table;v=v1;g=meta.k8s.io", Accepted(TABLE)),
        ("text/html,*/*;q=0.1", Accepted()),
        ("application/json;q=high", Accepted()),
    ],
)  # fmt: skip
def test_the_client_gets_the_first_representation_that_can_be_had(accept: str, wanted: Accepted) -> None:
    assert accepted(accept) == wanted


@pytest.mark.parametrize(
    "accept",
    ["text/html", "image/png", "application/json;q=0"],
)
def test_what_nobody_knows_is_not_acceptable(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="406: Not Acceptable"):
        accepted(accept)


def test_what_nobody_knows_in_a_known_type_is_not_acceptable() -> None:
    with pytest.raises(
        NotAcceptable, match="only the following media types are accepted: application/json, application/yaml"
    ):
        accepted("application/json;as=Other;v=v1;g=meta.k8s.io")


def test_an_endless_header_is_read_as_far_as_clients_go_and_not_kept() -> None:
    assert accepted(f"{YAML},{'text/x,' * 100_000}").media_type == YAML
    with pytest.raises(NotAcceptable):
        accepted(f"{'text/x,' * 100_000}{YAML}")
    assert len(readable("x" * 100_000)) <= ACCEPT_CHARS_MAX


AS_METADATA = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


@pytest.mark.parametrize(
    ("accept", "built_in", "custom"),
    [
        (PROTOBUF, PROTOBUF, ""),
        (f"{PROTOBUF},{JSON}", PROTOBUF, JSON),
        (f"{JSON},{PROTOBUF}", JSON, JSON),
        (f"{JSON};q=0.4,{PROTOBUF};q=0.5", PROTOBUF, JSON),
        (f"*/*,{PROTOBUF}", PROTOBUF, JSON),
        ("application/*", JSON, JSON),
        (f"{PROTOBUF};stream=watch,{JSON};stream=watch", PROTOBUF, JSON),
        (f"{PROTOBUF};{AS_METADATA}", PROTOBUF, PROTOBUF),
        (f"{PROTOBUF};{AS_METADATA},{JSON};{AS_METADATA},{JSON}", PROTOBUF, PROTOBUF),
    ],
)
def test_protobuf_is_for_built_in_kinds_and_for_the_metadata_of_all(accept: str, built_in: str, custom: str) -> None:
    assert accepted(accept, has_protobuf=True).media_type == built_in
    if custom:
        assert accepted(accept).media_type == custom
    else:
        with pytest.raises(NotAcceptable, match="only the following media types are accepted: application/json"):
            accepted(accept)


def test_a_table_has_no_protobuf_form() -> None:
    table = "as=Table;v=v1;g=meta.k8s.io"
    assert accepted(f"{PROTOBUF};{table},{JSON};{table}", has_protobuf=True) == Accepted(TABLE)
    with pytest.raises(NotAcceptable, match=PROTOBUF):
        accepted(f"{PROTOBUF};{table}", has_protobuf=True)


def test_a_watch_is_never_yaml() -> None:
    assert accepted(f"{YAML},{JSON}", is_watch=True).media_type == JSON
    assert accepted(f"{YAML},{PROTOBUF}", has_protobuf=True, is_watch=True).media_type == PROTOBUF
    with pytest.raises(NotAcceptable, match="accepted: application/json;stream=watch"):
        accepted(YAML, is_watch=True)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [("", JSON), (f"{PROTOBUF},{JSON}", PROTOBUF), ("text/html", JSON), (YAML, YAML),
     (f"{JSON};as=Table;v=v1;g=meta.k8s.io,{PROTOBUF}", PROTOBUF)],
)  # fmt: skip
def test_a_status_comes_in_the_first_plain_form(accept: str, media_type: str) -> None:
    assert plain_media_type(accept) == media_type

from __future__ import annotations

from typing import Annotated, get_origin

import msgspec
import pytest

from wherry.agent.volumes.claim import CLAIM
from wherry.agent.volumes.config_map import CONFIG_MAP
from wherry.agent.volumes.downward_api import DOWNWARD_API
from wherry.agent.volumes.empty_dir import EMPTY_DIR
from wherry.agent.volumes.host_path import HOST_PATH
from wherry.agent.volumes.interface import ContentType, PlaceType
from wherry.agent.volumes.projected import PROJECTED
from wherry.agent.volumes.registry import VOLUME_TYPES, is_read_only
from wherry.agent.volumes.secret import SECRET
from wherry.api.core.volume import Volume


def test_the_types_are_the_sources_that_a_volume_can_have() -> None:
    acted_on = [field for field in msgspec.structs.fields(Volume) if get_origin(field.type) is not Annotated]
    sources = {field.name for field in acted_on} - {"name"}
    assert {kind.name for kind in VOLUME_TYPES} == sources


def test_what_the_agent_writes_is_content_and_what_others_write_is_a_place() -> None:
    contents = [kind for kind in VOLUME_TYPES if isinstance(kind, ContentType)]
    assert contents == [CONFIG_MAP, SECRET, PROJECTED, DOWNWARD_API]
    places = [kind for kind in VOLUME_TYPES if isinstance(kind, PlaceType)]
    assert places == [EMPTY_DIR, HOST_PATH, CLAIM]


def test_only_an_empty_dir_goes_with_its_pod() -> None:
    assert [kind for kind in (EMPTY_DIR, HOST_PATH, CLAIM) if kind.owned] == [EMPTY_DIR]


@pytest.mark.parametrize(
    ("source", "read_only"),
    [
        ({"configMap": {"name": "settings"}}, True),
        ({"secret": {"secretName": "password"}}, True),
        ({"projected": {"sources": []}}, True),
        ({"downwardAPI": {"items": []}}, True),
        ({"emptyDir": {}}, False),
        ({"hostPath": {"path": "/srv"}}, False),
        ({"persistentVolumeClaim": {"claimName": "data"}}, False),
        ({"persistentVolumeClaim": {"claimName": "data", "readOnly": True}}, True),
    ],
)
def test_no_container_may_write_where_the_agent_writes(source: dict[str, object], read_only: bool) -> None:
    assert is_read_only(msgspec.convert({"name": "v", **source}, Volume)) is read_only

"""The API's description of its kinds is read piece by piece, and little of it is kept."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import orjson
import pytest

from wherry.apimachinery.definitions import OBJECT_META, REF_PREFIX, Definitions, definitions

KEPT_BYTES_MAX = 600_000


def test_every_description_is_the_one_of_its_name(tmp_path: Path) -> None:
    written = {"a": {"type": "object"}, "b": {"type": "object"}, "ä": {"$ref": f"{REF_PREFIX}a", "description": "é {"}}
    file = tmp_path / "definitions.json"
    file.write_bytes(orjson.dumps({"$id": "x", "$defs": written}, option=orjson.OPT_INDENT_2))
    read = Definitions(file)
    assert {**read} == written
    assert (len(read), "a" in read, "type" in read) == (3, True, False)
    with pytest.raises(KeyError):
        _ = read["type"]


def test_the_published_descriptions_are_read_as_the_file_has_them() -> None:
    known = definitions()
    assert "properties" in known[OBJECT_META]
    assert all(isinstance(known[name], dict) for name in known)


def test_what_is_kept_of_them_is_small() -> None:
    definitions.cache_clear()
    tracemalloc.start()
    try:
        _ = definitions()[OBJECT_META]
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < KEPT_BYTES_MAX

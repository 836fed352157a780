from __future__ import annotations

import io

import pytest

from wherry.cli.output import Trouble
from wherry.cli.what_if import read_change, read_documents, read_scale
from wherry.narrate.intent import Scale


def test_a_change_is_read_from_words_and_files() -> None:
    file = io.BytesIO(b"kind: A\n---\nkind: List\nitems: [{kind: B}, {kind: C}]\n---\n")
    change = read_change([file], ["node/n1", "n2"], ["web=3", "statefulset/db=0"], "shop")
    assert [one["kind"] for one in change.documents] == ["A", "B", "C"]
    assert change.nodes_down == ("n1", "n2")
    assert change.scales == (Scale(thing="web", replicas=3), Scale(thing="statefulset/db", replicas=0))
    assert change.namespace == "shop"
    assert not change.is_nothing
    assert read_change([], [], [], "").is_nothing


@pytest.mark.parametrize("text", [b"a: [", b"- 1\n", b"just words", b"\xff\xfe\x00"])
def test_what_is_no_object_is_named(text: bytes) -> None:
    with pytest.raises(Trouble, match=r"change\.yaml cannot be read"):
        read_documents(text, "change.yaml")


@pytest.mark.parametrize("text", ["web", "web=", "=3", "web=-1", "web=x", "web=99999999999"])
def test_what_is_no_number_of_copies_is_named(text: str) -> None:
    with pytest.raises(Trouble, match="is no number of copies"):
        read_scale(text)

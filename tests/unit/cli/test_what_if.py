from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from wherry.cli.commands.what_if import command
from wherry.cli.output import Trouble
from wherry.cli.what_if import read_change, read_documents, read_scale
from wherry.cluster.data_dir import DataDir
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


@pytest.mark.parametrize("text", ["web=99999999", "web=10001"])
def test_more_copies_than_a_trial_can_hold_are_refused_before_anybody_is_asked(text: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--scale", text], obj=DataDir(tmp_path))
    assert isinstance(result.exception, Trouble)
    assert result.exception.code == "W0224", "there is no cluster, and it is not even looked for"
    assert "10,000" in result.exception.message


def test_copies_are_counted_in_files_too() -> None:
    specs = (b"spec: {replicas: 7}", b"spec: {parallelism: 4}", b"kind: Pod", b"spec: {replicas: many}")
    file = io.BytesIO(b"\n---\n".join(specs))
    assert read_change([file], [], ["web=3"], "").copies == 7 + 4 + 1 + 1 + 3

from __future__ import annotations

from wherry.method.delivery.provenance import build_tag, labels_of, named, not_in_commit, provenance
from wherry.method.delivery.source import Source

SOURCE = Source("c" * 40, "2026-11-28T00:00:00Z", "https://example.com/o.git", "v1-2-gccc", ("a.py",), ("www/x", "doc"))


def test_labels_say_where_an_image_comes_from_and_are_read_back() -> None:
    found = provenance(labels_of(SOURCE, uncommitted=True))
    assert (found.repository, found.revision, found.created, found.version) == (
        SOURCE.repository, SOURCE.revision, SOURCE.committed_at, SOURCE.version,
    )  # fmt: skip
    assert found.uncommitted
    assert not provenance(labels_of(SOURCE, uncommitted=False)).uncommitted
    assert labels_of(SOURCE, uncommitted=False)["org.opencontainers.image.created"] == SOURCE.committed_at


def test_uncommitted_code_does_not_take_the_name_of_the_commit() -> None:
    assert build_tag(SOURCE, uncommitted=False) == "c" * 12
    assert build_tag(SOURCE, uncommitted=True) == "c" * 12 + "-uncommitted"


def test_ignored_files_count_when_they_go_into_the_image() -> None:
    assert not_in_commit(SOURCE, ("www",)) == ("a.py", "www/x")
    assert not_in_commit(SOURCE, ("www/x",)) == ("a.py", "www/x")
    compiled = Source("c", "", "", "", (), ("www/__pycache__/", "www/a.pyc", "www/.venv/lib"))
    assert not_in_commit(compiled, ("www", ".")) == ()


def test_of_many_files_a_few_are_named() -> None:
    assert named(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"
    assert named(("a",)) == "a"

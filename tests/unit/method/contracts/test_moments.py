"""What came first, also within one second."""

from __future__ import annotations

from wherry.apimachinery.meta import ObjectMeta
from wherry.method.contracts.moments import NEVER, moment_of

SECOND = "2026-01-01T00:00:00Z"


def made(revision: str, at: str = SECOND) -> ObjectMeta:
    return ObjectMeta(creation_timestamp=at, resource_version=revision)


def test_within_a_second_the_revision_tells() -> None:
    comment, signature, answer = (moment_of(made(revision)) for revision in ("9", "10", "11"))
    assert NEVER < comment < signature < answer


def test_otherwise_the_time_tells_whatever_a_cluster_calls_its_revisions() -> None:
    assert moment_of(made("99")) < moment_of(made("1", "2026-01-01T00:00:01Z"))
    assert moment_of(made("opaque")) < moment_of(made("opaque", "2026-01-01T00:00:01Z"))

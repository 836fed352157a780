"""What runs in the environments, side by side."""

from __future__ import annotations

from wherry.api.method.release import PinnedImage, Release, ReleaseSpec, ReleaseStatus
from wherry.apimachinery.meta import ObjectMeta
from wherry.method.evidence.verdict import Word, judge
from wherry.method.experiments.survey import compare_releases, running_releases


def release(number: int, environment: str, digest: str = "a", database: str = "d", state: str = "Running") -> Release:
    images = (
        PinnedImage(name="orders:1", image="x", digest=digest),
        PinnedImage(name="orders-db:18", image="y", digest=database),
    )
    spec = ReleaseSpec(
        service="orders", number=number, environment=environment, image="x", digest=digest, images=images, by="ana"
    )
    status = ReleaseStatus(state=state)
    return Release(spec=spec, status=status, metadata=ObjectMeta(name=f"orders-r{number}"))


def word(*releases: Release) -> Word:
    running = running_releases(list(releases), ("dev", "prod"))
    return judge("parity", compare_releases(running), digest="a").word


def test_the_same_image_and_the_same_database_everywhere_are_proof() -> None:
    assert word(release(1, "dev"), release(2, "prod")) is Word.PROVED


def test_another_database_in_one_environment_is_a_counter_example() -> None:
    assert word(release(1, "dev"), release(2, "prod", database="e")) is Word.REFUTED


def test_not_promoted_yet_is_a_gap_in_time_and_no_sin() -> None:
    assert word(release(1, "dev", digest="b"), release(2, "prod")) is Word.NOT_SHOWN
    assert word(release(1, "dev")) is Word.NOT_SHOWN


def test_only_what_runs_is_compared() -> None:
    assert word(release(1, "dev"), release(2, "prod"), release(3, "prod", database="e", state="Failed")) is Word.PROVED

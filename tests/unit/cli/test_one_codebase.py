"""Environments whose releases come from two repositories: both are named, unless they are one under two names."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from suites.delivered_service import GreeterRepository
from suites.played_twin import played_twin
from wherry.api.method.release import Release
from wherry.cli.one_codebase import compare_sources
from wherry.method.evidence.verdict import Word, judge
from wherry.method.experiments.experiment import shown
from wherry.method.project import Project, ProjectFile

SHOP, FORK = "https://git.example.com/shop/orders.git", "https://git.example.com/ana/orders.git"


def from_repository(environment: str, source: str, revision: str = "0" * 40) -> Release:
    release = played_twin().release
    spec = msgspec.structs.replace(release.spec, environment=environment, source=source, revision=revision)
    return msgspec.structs.replace(release, spec=spec)


async def judged(root: Path, *releases: Release) -> tuple[Word, str]:
    running = {one.spec.environment: one for one in releases}
    seen = await compare_sources(Project(root, ProjectFile("greeter", {})), running)
    verdict = judge("codebase", [*seen, shown("It can be built again.")], digest="a")
    return verdict.word, verdict.says


@pytest.mark.parametrize("other", [SHOP, "git@git.example.com:shop/orders.git", "git:abc", ""])
async def test_one_repository_is_one_whatever_its_releases_call_it(other: str, tmp_path: Path) -> None:
    dev, prod = from_repository("dev", SHOP), from_repository("prod", other)
    assert await judged(tmp_path, dev, prod) == (Word.PROVED, "It can be built again.")


async def test_two_repositories_refute_one_codebase_and_both_are_named(tmp_path: Path) -> None:
    root = GreeterRepository(tmp_path / "greeter").root
    dev, prod = from_repository("dev", SHOP), from_repository("prod", FORK)
    word, says = await judged(root, dev, from_repository("staging", SHOP), prod)
    assert word is Word.REFUTED
    assert says == f"What runs comes from more than one repository: dev from {SHOP}, prod from {FORK}."


async def test_a_repository_that_has_moved_is_known_by_its_commits(tmp_path: Path) -> None:
    repository = GreeterRepository(tmp_path / "greeter")
    old = repository.git("rev-parse", "HEAD")
    repository.write("README.md", "read")
    new = repository.commit("Explain")
    dev, prod = from_repository("dev", SHOP, new), from_repository("prod", FORK, old)
    assert (await judged(repository.root, dev, prod))[0] is Word.PROVED
    stranger = from_repository("staging", "https://git.example.com/eve/orders.git")
    word, says = await judged(repository.root, dev, prod, stranger)
    assert (word, "eve/orders" in says) == (Word.REFUTED, True)

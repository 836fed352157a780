"""What comes next when one has seen the releases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from suites.typed_commands import parse
from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.meta import ObjectMeta
from wherry.cli.commands.releases import following
from wherry.method.project import Environment, Project, ProjectFile

ENVIRONMENTS = ("dev", "staging", "prod")
PROJECT = Project(
    Path("/none"), ProjectFile(name="orders", environments={name: Environment(overlay="x") for name in ENVIRONMENTS})
)


def release(number: int, environment: str) -> Release:
    spec = ReleaseSpec(service="orders", number=number, environment=environment, image="orders:1", digest="sha256:a")
    return Release(metadata=ObjectMeta(name=f"orders-r{number}"), spec=spec)


ONE, TWO, THREE = (release(number, name) for number, name in enumerate(ENVIRONMENTS, 1))


@pytest.mark.parametrize(
    ("project", "found", "running", "step"),
    [
        (PROJECT, (TWO, ONE), (), "wherry run orders-r2"),
        (PROJECT, (ONE,), (ONE,), "wherry promote dev staging"),
        (PROJECT, (TWO, ONE), (ONE, TWO), "wherry promote staging prod"),
        (PROJECT, (THREE, TWO, ONE), (ONE, THREE), "wherry done"),
        (PROJECT, (release(4, "gone"),), (release(4, "gone"),), "wherry done"),
        (None, (ONE,), (ONE,), "wherry picture"),
    ],
)
def test_a_release_goes_on_to_the_next_environment_until_it_is_in_the_last_one(
    project: Project | None, found: Sequence[Release], running: Sequence[Release], step: str
) -> None:
    assert following(project, found, running) == step
    parse(step)

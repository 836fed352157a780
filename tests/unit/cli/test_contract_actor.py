"""Who acts on contracts before the service's environment is there hears what makes it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from wherry.apimachinery.errors import NotFound
from wherry.cli.contract_actor import Desk
from wherry.cli.output import Trouble
from wherry.cluster.data_dir import DataDir
from wherry.method.contracts.acting import Actor
from wherry.method.project import Environment, Project, ProjectFile

STAGING = Environment("b", namespace="orders-staging")
PROJECT = Project(Path(), ProjectFile("orders", {"dev": Environment("a"), "staging": STAGING}))
DESK = Desk(DataDir(Path()), PROJECT, PROJECT.environment("staging"), None)


class Here:
    namespace = "orders-staging"


async def what_is_said(error: NotFound) -> Trouble:
    async def use(_: Actor) -> None:
        raise error

    with pytest.raises(Trouble) as raised:
        await DESK.at_home(use)(cast("Actor", Here()))
    return raised.value


async def test_a_namespace_that_is_not_there_yet_is_named_with_what_makes_it() -> None:
    said = await what_is_said(NotFound("x", kind="namespaces", name="orders-staging"))
    assert said.code == "W0307"
    assert said.message == "the environment staging of orders is not there yet: no namespace orders-staging"
    assert said.remedy == "wherry release --env staging"
    assert "wherry run" in said.meaning


@pytest.mark.parametrize(("kind", "name"), [("namespaces", "web-dev"), ("apis", "orders-staging")])
async def test_anything_else_that_is_not_there_is_said_as_it_is(kind: str, name: str) -> None:
    async def use(_: Actor) -> None:
        raise NotFound("x", kind=kind, name=name)

    with pytest.raises(NotFound):
        await DESK.at_home(use)(cast("Actor", Here()))

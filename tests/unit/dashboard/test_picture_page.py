"""The picture of many: what has not changed is not made again, and what is out of sight is not laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from suites.told_cluster import HandFed, node, pod
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.dashboard.fragments import Fragment, Tree, difference
from wherry.dashboard.live import Live
from wherry.dashboard.views.picture import NODES_IN_DETAIL_MAX, PODS_LAID_OUT_MAX, Picture
from wherry.dashboard.views.view import Asked
from wherry.narrate.model import ReadModel


@dataclass
class Following:
    """All that a picture of now needs."""

    model: ReadModel


@pytest.fixture
def told() -> HandFed:
    made = HandFed()
    for number in range(3):
        made.put(NODES, node(f"n{number}"))
        made.put(PODS, pod(f"web-{number}", f"n{number}"))
    return made


def picture(told: HandFed, **query: str) -> Picture:
    return Picture(cast("Live", Following(told.model)), Asked((), query))


async def pieces(shown: Picture) -> dict[str, Fragment]:
    return {piece.id: piece for piece in (await shown.render()).pieces}


@pytest.mark.parametrize("query", [{}, {"ns": "default"}, {"zoom": "nodes"}, {"state": "Running"}])
async def test_only_the_node_of_a_change_is_made_again(told: HandFed, query: dict[str, str]) -> None:
    told.put(PODS, pod("far", "n2", namespace="elsewhere"))
    shown = picture(told, **query)
    before = await pieces(shown)
    told.put(PODS, pod("web-9", "n1"))
    after = await pieces(shown)
    made_again = {name for name, piece in after.items() if before.get(name) is not piece}
    assert "node/n1" in made_again
    assert not made_again & {"node/n0", "pod/default/web-0", "pod/default/web-2"}


async def test_a_node_that_becomes_a_tile_is_made_anew(told: HandFed) -> None:
    shown = picture(told)
    assert "pod/default/web-0" in await pieces(shown)
    for number in range(3, NODES_IN_DETAIL_MAX + 1):
        told.put(NODES, node(f"n{number}"))
    far = await pieces(shown)
    assert "pod/default/web-0" not in far
    assert 'class="tile' in far["node/n0"].open


async def test_tiles_count_the_pods_that_are_asked_for_and_keep_the_question(told: HandFed) -> None:
    owner = ("ReplicaSet", "shop-1")
    told.put(PODS, pod("shop-1-a", "n1", owner=owner))
    for number in range(2):
        told.put(PODS, pod(f"far-{number}", "n1", namespace="elsewhere"))
    whole = (await pieces(picture(told, zoom="nodes")))["node/n1"].open
    assert "Ready: 4 running" in whole
    failed = (await pieces(picture(told, zoom="nodes", state="Failed")))["node/n1"].open
    assert "Ready: 0 of 4 pods" in failed
    assert "<rect" not in failed
    assert 'href="/ui/?node=n1&amp;state=Failed"' in failed
    told.put(NODES, node("n9"))
    assert "Ready: no pods" in (await pieces(picture(told, zoom="nodes", state="Failed")))["node/n9"].open
    owned = (await pieces(picture(told, zoom="nodes", owner="ReplicaSet/shop-1", ns="default")))["node/n1"].open
    assert "Ready: 1 of 2 pods, 1 running" in owned


async def test_the_pods_of_one_owner_are_shown_alone(told: HandFed) -> None:
    told.put(PODS, pod("shop-1-a", "n1", owner=("ReplicaSet", "shop-1")))
    shown = await pieces(picture(told, owner="ReplicaSet/shop-1"))
    assert [name for name in shown if name.startswith("pod/")] == ["pod/default/shop-1-a"]


async def test_with_very_many_pods_those_out_of_sight_are_not_laid_out(told: HandFed) -> None:
    shown = picture(told)
    few = Tree((await shown.render()).pieces)
    crowd = [told.put(PODS, pod(f"many-{number}", "n1")) for number in range(PODS_LAID_OUT_MAX)]
    many = Tree((await shown.render()).pieces)
    assert 'class="nodes"' in few.html()
    assert 'class="nodes many"' in many.html()
    # It stays so: around the limit nothing is sent as a whole again and again.
    for one in crowd:
        told.remove(PODS, one)
    again = Tree((await shown.render()).pieces)
    assert "nodes" not in {patch["id"] for patch in difference(many, again)}

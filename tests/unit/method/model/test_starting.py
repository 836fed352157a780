"""A first model.yaml from what runs: it can be read, and the system is as it wants it."""

from __future__ import annotations

from pathlib import Path

from wherry.method.model.landscape import Landscape, Place, SeenDatabase, SeenService, Standing
from wherry.method.model.meaning import read_model
from wherry.method.model.model import Model
from wherry.method.model.plan import plan_steps
from wherry.method.model.starting import SERVICES_MAX, model_from

READY = (Place("dev", 1, 1),)


def read(tmp_path: Path, text: str) -> Model:
    path = tmp_path / "model.yaml"
    path.write_text(text)
    return read_model(path)


def test_where_nothing_runs_there_is_an_example_with_steps(tmp_path: Path) -> None:
    model = read(tmp_path, model_from(Landscape()))
    assert plan_steps(model, Landscape()).left


def test_what_runs_is_now_and_next_and_needs_no_step(tmp_path: Path) -> None:
    seen = Landscape(
        {
            "web": SeenService("web", READY, team="front"),
            "orders": SeenService("orders", READY, promises=("orders.v2",)),
            "gone": SeenService("gone", promises=("gone.v1",)),
        },
        databases=(
            SeenDatabase("orders-db", "dev", "postgresql", "18", "orders"),
            SeenDatabase("cache", "dev", "redis", "7", users=("orders", "web")),
        ),
        contracts={
            ("web", "orders"): Standing("Verified", "", "orders.v2"),
            ("web", "gone"): Standing("Proposed", "", "gone.v1"),
        },
    )
    model = read(tmp_path, model_from(seen))
    assert model.next["web"].needs == ("orders.v2",)
    assert model.next["orders"].database is not None
    assert plan_steps(model, seen).is_closed


def test_a_crowd_is_cut_and_what_is_left_can_still_be_read(tmp_path: Path) -> None:
    crowd = {
        f"s{number:02}": SeenService(f"s{number:02}", READY, promises=(f"s{number:02}.v1",)) for number in range(60)
    }
    needs = {
        (f"s{number:02}", f"s{59 - number:02}"): Standing("Agreed", "", f"s{59 - number:02}.v1") for number in range(20)
    }
    model = read(tmp_path, model_from(Landscape(crowd, contracts=needs)))
    assert len(model.next) == SERVICES_MAX

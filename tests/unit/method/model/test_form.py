from __future__ import annotations

from pathlib import Path

import pytest

from wherry.method.model.form import BrokenModel
from wherry.method.model.meaning import read_model

GOOD = """
now:
  services:
    - name: shop
      parts: [orders, billing]
      database: {kind: postgres, version: 15, name: shop-db}
next:
  services:
    - name: orders
      from: shop
      team: retail
      database: {kind: postgresql, version: "18"}
      provides: [orders.v1]
      needs: [billing.v1]
    - name: billing
      database: none
      provides: [billing.v1]
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "model.yaml"
    path.write_text(text)
    return path


def problems(tmp_path: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(BrokenModel) as caught:
        read_model(write(tmp_path, text))
    return caught.value.problems


def test_a_model_is_read_with_both_states(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, GOOD))
    shop, orders, billing = model.now["shop"], model.next["orders"], model.next["billing"]
    assert shop.parts == ("orders", "billing")
    assert shop.database is not None
    assert (shop.database.kind, shop.database.version, shop.database.name) == ("postgresql", "15", "shop-db")
    assert (orders.origin, orders.team, orders.needs) == ("shop", "retail", ("billing.v1",))
    assert billing.database is not None
    assert billing.database.none
    assert model.names == ("shop", "orders", "billing")
    assert model.leaving == ("shop",)


@pytest.mark.parametrize(
    ("change", "line", "place", "what"),
    [
        (("team: retail", "taem: retail"), 11, "next.services[0].taem", "there is no such field"),
        (("from: shop", "from: store"), 10, "next.services[0].from", "store is not there now"),
        (("needs: [billing.v1]", "needs: [bililng.v1]"), 14, "next.services[0].needs[0]", "nobody provides"),
        (("needs: [billing.v1]", "needs: [billing.v2]"), 14, "next.services[0].needs[0]", "nobody provides billing.v2"),
        (("needs: [billing.v1]", "needs: [orders.v1]"), 14, "next.services[0].needs[0]", "orders needs itself"),
        (("needs: [billing.v1]", "needs: billing.v1"), 14, "next.services[0].needs", "it is no list"),
        (("provides: [orders.v1]", "provides: [orders]"), 13, "next.services[0].provides[0]", "no name of a contract"),
        (("provides: [orders.v1]", "provides: [shop.v1]"), 13, "next.services[0].provides[0]", "not orders's to give"),
        (('version: "18"', "version: 15.10"), 12, "next.services[0].database.version", "may have been another number"),
        (("database: none", "database: no"), 16, "next.services[1].database", "no description of a database"),
        (("name: billing\n", "name: orders\n"), 15, "next.services[1].name", "orders is there twice"),
        (("name: billing\n", "name: Billing\n"), 15, "next.services[1].name", "cannot be a name in a cluster"),
        (("parts: [orders, billing]", "from: orders"), 5, "now.services[0].from", "has been split already"),
        (
            ("provides: [billing.v1]", "provides: [{name: billing.v1, document: nowhere.yaml}]"),
            17,
            "next.services[1].provides[0].document",
            "nowhere.yaml is not there",
        ),
    ],
)
def test_a_mistake_is_said_with_its_line_and_its_place(
    tmp_path: Path, change: tuple[str, str], line: int, place: str, what: str
) -> None:
    assert change[0] in GOOD
    found = problems(tmp_path, GOOD.replace(*change, 1))
    assert any(f"model.yaml, line {line}: {place}: " in one and what in one for one in found), found


def test_all_mistakes_are_said_at_once_and_the_way_out_of_each(tmp_path: Path) -> None:
    text = GOOD.replace("team: retail", "taem: retail").replace("from: shop", "from: store")
    with pytest.raises(BrokenModel) as caught:
        read_model(write(tmp_path, text))
    assert len(caught.value.problems) == 2
    assert "Do: did you mean team?" in str(caught.value)
    assert caught.value.remedy


def test_two_services_of_the_next_state_cannot_share_a_database_while_those_of_today_may(tmp_path: Path) -> None:
    shared = "database: {kind: mysql, name: all-db}"
    text = GOOD.replace('database: {kind: postgresql, version: "18"}', shared).replace("database: none", shared)
    found = problems(tmp_path, text)
    assert [one.partition(": ")[2] for one in found] == [
        "next.services[0].database.name: orders and billing share all-db",
        "next.services[1].database.name: billing and orders share all-db",
    ]
    one = "{name: %s, database: {kind: mysql, name: d}}"
    today = f"now: {{services: [{one % 'a'}, {one % 'b'}]}}\n"
    assert len(read_model(write(tmp_path, today + "next: {services: []}\n")).now) == 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is not a mapping"),
        ("- a\n", "is not a mapping"),
        ("next: [\n", "this is not YAML"),
        ("now: {services: []}\n", "does not say what shall be"),
        ("next: {services: 5}\n", "it is no list"),
        ("next: []\n", "it is no mapping"),
        ("next:\n  services:\n    - orders\n", "it is no service"),
        ("next:\n  services:\n    - team: a\n", "the service has no name"),
        ("next:\n  services:\n    - {name: a, outside: maybe}\n", "neither true nor false"),
        ("next:\n  services:\n    - {name: a, database: {version: 1}}\n", "has no kind"),
        ('next:\n  services:\n    - {name: a, does: "\\e[31m"}\n', "cannot be shown"),
    ],
)
def test_what_is_no_model_is_refused_with_a_sentence(tmp_path: Path, text: str, what: str) -> None:
    assert any(what in one for one in problems(tmp_path, text))


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenModel, match="cannot be read"):
        read_model(tmp_path / "model.yaml")


def test_a_model_of_the_next_state_alone_is_enough(tmp_path: Path) -> None:
    assert not read_model(write(tmp_path, "next: {services: [{name: a, from: old}]}\n")).now

"""Amounts by resource name are added exactly and printed as they were written."""

from __future__ import annotations

from wherry.apimachinery.amounts import (
    above,
    add,
    amounts_from,
    largest,
    only,
    print_amounts,
    subtract,
    texts_from,
    total,
)

ONE = amounts_from({"cpu": "500m", "memory": "1Gi"})
OTHER = amounts_from({"memory": "512Mi", "pods": "3"})


def test_sums_and_differences_go_name_by_name() -> None:
    assert texts_from(add(ONE, OTHER)) == {"cpu": "500m", "memory": "1536Mi", "pods": "3"}
    assert texts_from(subtract(ONE, OTHER)) == {"cpu": "500m", "memory": "512Mi", "pods": "-3"}
    assert texts_from(total([ONE, ONE, ONE])) == {"cpu": "1500m", "memory": "3Gi"}
    assert texts_from(largest(ONE, OTHER)) == {"cpu": "500m", "memory": "1Gi", "pods": "3"}


def test_nothing_takes_the_form_of_what_is_added_to_it() -> None:
    assert texts_from(add(amounts_from({"memory": "0"}), ONE))["memory"] == "1Gi"


def test_what_is_above_its_limit_is_named_in_order() -> None:
    used = amounts_from({"pods": "4", "cpu": "2", "secrets": "1"})
    assert above(used, amounts_from({"pods": "3", "cpu": "1", "secrets": "1", "memory": "1Gi"})) == ["cpu", "pods"]
    assert print_amounts(only(used, ("pods", "cpu"))) == "cpu=2,pods=4"

"""What to do first where there is no contract, or none of the name that was typed."""

from __future__ import annotations

import pytest

from suites.typed_commands import parse, steps
from wherry.cli.contract_absent import Names, Side, absent, absent_thing, first_step, near_names

ORDERS = Side("orders", has_promise=True)
WEB = Side("web", has_promise=True, needs=("orders",))


@pytest.mark.parametrize(
    ("side", "names", "step"),
    [
        (None, Names(), "wherry contract expose     (in the folder of a service)"),
        (
            None,
            Names(promised=("shop", "orders")),
            "wherry contract propose     (in the folder of a service that needs orders)",
        ),
        (ORDERS, Names(), "wherry contract expose"),
        (
            ORDERS,
            Names(promised=("orders",)),
            "wherry contract propose     (in the folder of a service that needs orders)",
        ),
        (WEB, Names(), "wherry contract expose     (in the folder of orders: it has published nothing yet)"),
        (WEB, Names(promised=("orders",)), "wherry contract propose"),
        (WEB, Names(promised=("orders",), contracts=("web-orders",)), "wherry contract expose"),
        (Side("web"), Names(), "wherry contract propose     (in the folder of a service that needs web)"),
    ],
)
def test_the_first_step_is_what_makes_the_next_contract(side: Side | None, names: Names, step: str) -> None:
    assert first_step(side, names) == step
    for one in steps(step):
        parse(one)


def test_the_name_of_a_party_stands_for_its_contracts_and_a_slip_for_what_is_like_it() -> None:
    names = ("cart-orders", "web-orders", "web-shop")
    assert near_names("orders", names) == ["cart-orders", "web-orders"]
    assert near_names("web-order", names)[0] == "web-orders"
    assert near_names("nothing-alike", names) == []


def test_a_wrong_name_is_something_that_was_typed_and_the_right_one_is_told() -> None:
    error = absent("web-order", "agree", WEB, Names(("orders",), ("web-orders",)))
    assert (error.exit_code, error.remedy) == (2, "wherry contract agree web-orders")
    assert error.message == 'web has no contract "web-order"'


def test_a_name_like_no_other_leads_to_the_list() -> None:
    assert absent("xyz", "verify", WEB, Names((), ("web-orders",))).remedy == "wherry contract list"
    assert absent_thing("xyz", "show", "", WEB, Names(("orders",))).remedy == "wherry contract list --all"


def test_where_there_is_no_contract_at_all_the_answer_is_no_with_the_first_step() -> None:
    error = absent("web-orders", "agree", WEB, Names(("orders",)))
    assert (error.exit_code, error.message) == (1, "web has no contract yet")
    assert error.remedy == "wherry contract propose"


def test_a_slip_in_a_name_keeps_what_was_typed_behind_it() -> None:
    error = absent_thing("ordrs", "comment", " 'why so?'", WEB, Names(("orders",)))
    assert (error.exit_code, error.remedy) == (2, "wherry contract comment orders 'why so?'")
    parse(error.remedy)


def test_a_service_that_has_not_published_its_own_promise_is_told_to() -> None:
    error = absent_thing("orders", "show", "", ORDERS, Names(("shop",)))
    assert (error.exit_code, error.remedy) == (1, "wherry contract expose")
    assert error.message == "orders has published no promise yet"

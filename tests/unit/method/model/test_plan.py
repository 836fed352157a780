from __future__ import annotations

from dataclasses import replace

import pytest

from wherry.method.model.landscape import Landscape, Place, SeenDatabase, SeenService, Standing
from wherry.method.model.model import Database, Model, Promise, Service
from wherry.method.model.plan import plan_steps
from wherry.method.model.step import Gap, backlog

POSTGRES = Database("postgresql", "18")
BILLING = Service("billing", database=POSTGRES, provides=(Promise("billing.v1"),))
ORDERS = Service(
    "orders", team="retail", database=POSTGRES, provides=(Promise("orders.v1"),), needs=("billing.v1",), origin="shop"
)
WEB = Service("web", database=Database(none=True), needs=("orders.v1",))
SHOP = Service("shop", parts=("orders", "billing", "web"), database=Database("postgresql", "15", "shop-db"))
MODEL = Model({"shop": SHOP}, {"web": WEB, "orders": ORDERS, "billing": BILLING})


def runs(name: str, *promises: str, ready: int = 1, team: str = "") -> SeenService:
    return SeenService(name, (Place(name, ready, 1),), promises=promises, team=team)


def own(service: str, kind: str = "postgresql", version: str = "18") -> SeenDatabase:
    return SeenDatabase(f"{service}-db", service, kind, version, service, (service,))


BEFORE = Landscape({"shop": runs("shop")}, (SeenDatabase("shop-db", "shop", "postgresql", "15", "", ("shop",)),))
AFTER = Landscape(
    {
        "web": runs("web"),
        "orders": runs("orders", "orders.v1", team="retail"),
        "billing": runs("billing", "billing.v1"),
    },
    (own("orders"), own("billing")),
    {
        ("web", "orders"): Standing("Verified", "", "orders.v1"),
        ("orders", "billing"): Standing("Verified", "", "billing.v1"),
    },
    frozenset({("web", "orders"), ("orders", "billing")}),
)


def open_titles(gap: Gap) -> list[str]:
    return [step.title for step in gap.left]


def test_a_monolith_becomes_three_pieces_in_an_order_in_which_it_can_be_done() -> None:
    gap = plan_steps(MODEL, BEFORE)
    assert [step.title for step in gap.steps] == [
        "Split billing out of shop",
        "Give billing its own database (postgresql 18)",
        "Publish what billing promises (billing.v1)",
        "Split orders out of shop",
        "Give orders its own database (postgresql 18)",
        "Publish what orders promises (orders.v1)",
        "Split web out of shop",
        "Agree on billing.v1 between orders and billing",
        "Try billing.v1 for orders",
        "Agree on orders.v1 between web and orders",
        "Try orders.v1 for web",
        "Retire shop",
    ]
    assert not any(step.done for step in gap.steps)
    assert (gap.now_services, gap.next_services) == (1, 3)
    assert all(step.why.endswith(".") and step.seen.endswith(".") and step.criteria for step in gap.steps)


def test_the_same_plan_after_the_change_has_every_step_done_by_what_is_seen() -> None:
    before, after = plan_steps(MODEL, BEFORE), plan_steps(MODEL, AFTER)
    assert [step.title for step in after.steps] == [step.title for step in before.steps]
    assert after.is_closed
    assert not after.notes


def test_the_monolith_is_retired_when_its_pieces_run_and_says_who_still_calls_it() -> None:
    half = replace(
        BEFORE,
        services={**BEFORE.services, "web": runs("web")},
        calls=frozenset({("web", "shop")}),
    )
    retire = plan_steps(MODEL, half).steps[-1]
    assert retire.after == ("Split billing out of shop", "Split orders out of shop")
    assert retire.seen == "shop runs in shop (1 of 1 ready). web still calls it."
    assert "the data of shop-db (postgresql 15) is moved or kept as the law asks" in retire.criteria


@pytest.mark.parametrize(
    ("databases", "seen"),
    [
        ((), "Nothing shows a database of billing."),
        ((own("billing", version="15"),), "billing uses billing-db (postgresql 15), and wants postgresql 18."),
        ((own("billing", kind="mysql"),), "billing uses billing-db (mysql 18), and wants postgresql 18."),
        (
            (SeenDatabase("db", "x", "postgresql", "18", "", ("billing", "orders")),),
            "billing shares db (postgresql 18) with orders.",
        ),
        (
            (own("billing"), SeenDatabase("shop-db", "x", "postgresql", "15", "", ("billing", "shop"))),
            "billing shares shop-db (postgresql 15) with shop.",
        ),
    ],
)
def test_a_database_of_ones_own_is_asked_for_until_it_is_there_and_nobody_else_uses_it(
    databases: tuple[SeenDatabase, ...], seen: str
) -> None:
    model = Model({}, {"billing": BILLING})
    gap = plan_steps(model, replace(AFTER, databases=databases))
    assert [(step.title, step.seen) for step in gap.left] == [("Give billing its own database (postgresql 18)", seen)]


@pytest.mark.parametrize(
    "databases",
    [
        (own("billing", version="18.3"),),
        (own("billing", version=""),),
        (own("billing"), SeenDatabase("cache", "x", "redis", "7", "", ("billing", "orders"))),
    ],
)
def test_a_newer_patch_an_unknown_version_or_a_shared_cache_do_not_keep_it_open(
    databases: tuple[SeenDatabase, ...],
) -> None:
    assert plan_steps(Model({}, {"billing": BILLING}), replace(AFTER, databases=databases)).is_closed


@pytest.mark.parametrize(
    ("standing", "open_steps", "seen"),
    [
        (None, 2, "web calls orders already, without a contract."),
        (Standing("Proposed", "It does not fit."), 2, "The contract is Proposed. It does not fit."),
        (Standing("Broken", "price is gone."), 2, "The contract is Broken. price is gone."),
        (Standing("Verified", "", "orders.v2"), 2, "The contract is Proposed. It is about orders.v2 still."),
        (Standing("Agreed", "Not tried."), 1, "No trial has passed on what runs now."),
        (Standing("Verified"), 0, ""),
    ],
)
def test_a_contract_is_agreed_and_tried_in_two_steps(standing: Standing | None, open_steps: int, seen: str) -> None:
    contracts = {**AFTER.contracts, ("web", "orders"): standing}
    found = {pair: one for pair, one in contracts.items() if one is not None}
    gap = plan_steps(MODEL, replace(AFTER, contracts=found))
    assert len(gap.left) == open_steps
    assert not seen or gap.left[0].seen == seen


def test_what_was_there_before_and_still_is_needs_no_step() -> None:
    same = Model({"billing": BILLING}, {"billing": BILLING})
    assert not plan_steps(same, AFTER).steps
    gone = plan_steps(same, Landscape())
    assert open_titles(gone)[0] == "Start billing"
    assert any("counts billing among what is there now" in note for note in gone.notes)


def test_a_stand_in_is_no_service_yet_and_has_to_go_when_the_real_one_is_there() -> None:
    stand_in = SeenService("billing", stand_ins=(Place("try", 1, 1),), promises=("billing.v1",))
    model = Model({}, {"billing": BILLING})
    add = plan_steps(model, replace(AFTER, services={"billing": stand_in})).steps[0]
    assert (add.done, add.seen) == (False, "Only a stand-in answers for billing now.")
    both = replace(stand_in, places=(Place("billing", 1, 1),))
    add = plan_steps(model, replace(AFTER, services={"billing": both})).steps[0]
    assert (add.done, add.criteria[1]) == (False, "no stand-in of billing is left")


def test_a_service_whose_pods_are_not_ready_is_not_there_yet() -> None:
    gap = plan_steps(MODEL, replace(AFTER, services={**AFTER.services, "web": runs("web", ready=0)}))
    assert open_titles(gap) == ["Split web out of shop"]


def test_what_runs_outside_is_taken_at_its_word_and_can_be_brought_in() -> None:
    bank = Service("bank", provides=(Promise("bank.v1"),), outside=True)
    assert [step.kind for step in plan_steps(Model({"bank": bank}, {"bank": bank}), Landscape()).left] == ["publish"]
    moved = plan_steps(Model({"bank": bank}, {"bank": replace(bank, outside=False)}), Landscape())
    assert moved.left[0].title == "Bring bank into the cluster"
    retired = plan_steps(Model({"bank": bank}, {}), Landscape()).steps[0]
    assert not retired.done
    assert "where nobody can look" in retired.seen


def test_another_team_is_a_step() -> None:
    seen = replace(AFTER, services={**AFTER.services, "orders": runs("orders", "orders.v1", team="shop")})
    assert open_titles(plan_steps(MODEL, seen)) == ["Hand orders over to retail"]


def test_a_call_without_a_contract_that_nobody_plans_is_worth_a_note() -> None:
    seen = replace(AFTER, calls=AFTER.calls | {("web", "billing")})
    assert plan_steps(MODEL, seen).notes == (
        "web calls billing: no contract yet, and model.yaml asks for none. Add what web needs.",
    )


def test_what_the_model_does_not_know_is_left_alone_and_said() -> None:
    seen = replace(AFTER, services={**AFTER.services, "grafana": runs("grafana")}, hidden=("configmaps",))
    gap = plan_steps(MODEL, seen)
    assert gap.is_closed
    assert gap.notes[0] == "Also in the cluster, and not in model.yaml: grafana."
    assert gap.notes[1].startswith("You may not look at configmaps")


def test_services_that_need_each_other_are_planned_in_the_files_order() -> None:
    one = Service("one", provides=(Promise("one.v1"),), needs=("two.v1",))
    two = Service("two", provides=(Promise("two.v1"),), needs=("one.v1",))
    gap = plan_steps(Model({}, {"one": one, "two": two}), Landscape())
    assert [step.about for step in gap.steps if step.kind == "add"] == ["two", "one"]


def test_a_long_chain_of_services_is_planned() -> None:
    chain = {
        f"s{number}": Service(f"s{number}", provides=(Promise(f"s{number}.v1"),), needs=(f"s{number + 1}.v1",))
        for number in range(400)
    }
    chain["s400"] = Service("s400", provides=(Promise("s400.v1"),))
    assert plan_steps(Model({}, chain), Landscape()).steps[0].about == "s400"


def test_a_database_in_the_container_is_moved_out_by_a_command() -> None:
    inside = replace(BILLING, database=Database("sqlite"))
    step = plan_steps(Model({"billing": inside}, {"billing": BILLING}), Landscape({"billing": runs("billing")})).steps[
        0
    ]
    assert step.title == "Move the database of billing out of its container (postgresql 18)"
    assert (step.done, step.how) == (False, "wherry new --update --db postgres")
    after = plan_steps(Model({"billing": inside}, {"billing": BILLING}), AFTER).steps[0]
    assert (after.title, after.done) == (step.title, True)


def test_what_is_left_becomes_backlog_items_with_criteria_and_their_order() -> None:
    items = backlog(plan_steps(MODEL, BEFORE).steps, "wherry next")
    assert len(items) == 12
    assert all(item.criteria and item.why and item.source == "wherry next" for item in items)
    assert "Comes after: Split billing out of shop; Split orders out of shop; Split web out of shop." in items[-1].why
    assert not backlog(plan_steps(MODEL, AFTER).steps, "wherry next")

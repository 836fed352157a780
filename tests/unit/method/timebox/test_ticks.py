from __future__ import annotations

from dataclasses import replace

import pytest

from wherry.method.timebox.ticks import ITEMS, Facts, Running, backlog, tick_off

DIGEST = "sha256:" + "ab" * 32
ENVIRONMENTS = ("dev", "staging", "prod")
ALL = Facts(
    service="orders",
    team="shop",
    namespace="orders-dev",
    environments=ENVIRONMENTS,
    head="0123456789abcdef",
    commits=3,
    stored_environments=ENVIRONMENTS,
    images=("orders:0123",),
    releases=("orders-r1", "orders-r2", "orders-r3"),
    running={name: Running(f"orders-r{number}", DIGEST, 1) for number, name in enumerate(ENVIRONMENTS, 1)},
    row="/x/1 is in container postgres, in pod orders-db-0, on node n1",
    log_lines=4,
    healed="a pod was lost, and another was made",
    exposed="orders serves it",
    agreed_by=("shop", "web"),
    demo="do-x in prod",
)


def test_there_are_twelve_items_and_without_facts_none_is_ticked() -> None:
    ticks = tick_off(Facts("orders"))
    assert len(ticks) == 12
    assert not any(tick.is_done for tick in ticks)
    assert all(tick.item.idea and tick.how for tick in ticks)


def test_with_all_facts_each_is_ticked_by_its_evidence() -> None:
    ticks = {tick.item.name: tick.evidence for tick in tick_off(ALL)}
    assert all(ticks.values())
    assert ticks["versioned"] == "3 commits, the last one 0123456789ab"
    assert ticks["configured"] == "dev, staging, prod; no password among them"
    assert ticks["runs"] == "orders-r1 in dev, 1 pod ready"
    assert ticks["agreed"] == "signed by web"
    assert ticks["promoted"] == "abababababab in dev, staging and prod"


@pytest.mark.parametrize(
    ("facts", "open_item"),
    [
        (replace(ALL, commits=0), "versioned"),
        (replace(ALL, stored_environments=("dev", "staging")), "configured"),
        (replace(ALL, stored_passwords=("deploy/overlays/dev/database.secret.env",)), "configured"),
        (replace(ALL, row=""), "x"),
        (replace(ALL, log_lines=0), "logs"),
        (replace(ALL, healed=""), "healed"),
        (replace(ALL, exposed=""), "exposed"),
        (replace(ALL, agreed_by=("shop",)), "agreed"),
        (replace(ALL, running={**ALL.running, "prod": Running("orders-r3", "sha256:other", 1)}), "promoted"),
        (replace(ALL, running={"dev": ALL.running["dev"]}), "promoted"),
        (replace(ALL, running={**ALL.running, "dev": Running("orders-r1", DIGEST, 0)}), "runs"),
        (replace(ALL, demo=""), "demo"),
    ],
)
def test_an_item_without_its_evidence_is_open_and_the_others_are_not(facts: Facts, open_item: str) -> None:
    assert [tick.item.name for tick in tick_off(facts) if not tick.is_done] == [open_item]


def test_an_image_that_is_not_on_this_machine_is_known_by_its_release() -> None:
    ticks = {tick.item.name: tick.evidence for tick in tick_off(replace(ALL, images=()))}
    assert ticks["built"] == "the image of orders-r3"


def test_what_is_left_is_a_backlog_with_acceptance_criteria() -> None:
    left = backlog(tick_off(replace(ALL, healed="", demo="")))
    assert [item.title for item in left] == ["Kill a pod and see it heal", "Hold a demo in prod"]
    assert [item.how for item in left] == [
        "wherry kubectl -n orders-dev delete pod -l app=orders",
        "wherry demo do-x --in prod",
    ]
    assert all(item.criteria and item.why and item.source == "wherry timebox" for item in left)
    assert not backlog(tick_off(ALL))
    assert len({item.name for item in ITEMS}) == 12

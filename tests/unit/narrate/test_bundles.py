"""What was done in one go is one line."""

from __future__ import annotations

import pytest

from wherry.narrate.bundles import bundles
from wherry.narrate.history import Change, Happened
from wherry.narrate.sentences import plural


def change(
    kind: str, name: str, at_s: float, *, who: str = "ana", deed: Happened = "created", where: str = "shop"
) -> Change:
    text = f"{who} {deed} {kind} {name}."
    return Change(
        kind=kind, namespace=where, name=name, deed=deed, who=who, time_s=at_s, text=text, details=(), next="",
        tool="wherry run",
    )  # fmt: skip


def test_what_one_person_made_in_one_place_at_once_is_one_line_with_its_kinds() -> None:
    made = [change("ConfigMap", "a", 1.0), change("NetworkPolicy", "a", 1.1), change("ConfigMap", "b", 2.0)]
    (line,) = bundles(made)
    assert line.text == "ana created 3 things in shop with wherry run: config maps a and b, network policy a."
    assert (line.changes, line.time_s) == (tuple(made), 1.0)


def test_many_are_counted() -> None:
    made = [*(change("ConfigMap", name, 1.0) for name in "abcd"), change("NetworkPolicy", "a", 1.1)]
    assert bundles(made)[0].text.endswith(": 4 config maps, 1 network policy.")


@pytest.mark.parametrize(("deed", "says"), [("created", "joined"), ("deleted", "left")])
def test_nobody_creates_a_node_it_joins(deed: Happened, says: str) -> None:
    nodes = [change("Node", f"n{number}", 1.0, who="", deed=deed, where="") for number in range(3)]
    others = [change("Namespace", f"s{number}", 1.0, who="", deed=deed, where="") for number in range(3)]
    lines = bundles([*nodes, *others])
    assert lines[0].text == f"Nodes n0, n1 and n2 {says} the cluster."
    assert lines[0].changes == tuple(nodes)
    assert lines[1].text.startswith(f"Somebody {deed} 3 things in the cluster")


@pytest.mark.parametrize(
    "other",
    [
        change("Secret", "c", 3.0, who="ben"),
        change("Secret", "c", 3.0, where="stock"),
        change("Secret", "c", 3.0, deed="deleted"),
        change("Secret", "c", 13.0),
    ],
    ids=["another person", "another namespace", "another deed", "much later"],
)
def test_what_does_not_belong_to_it_is_told_by_itself(other: Change) -> None:
    lines = bundles([change("ConfigMap", "a", 1.0), change("ConfigMap", "b", 2.0), other])
    assert [line.text for line in lines] == ["ana created ConfigMap a.", "ana created ConfigMap b.", other.text]


def test_changes_of_what_is_there_are_never_summed_up() -> None:
    changed = [change("Deployment", name, 1.0, deed="changed") for name in "abcd"]
    assert [line.changes for line in bundles(changed)] == [(one,) for one in changed]


def test_lines_stand_in_the_order_in_which_they_began() -> None:
    told = [
        change("ConfigMap", "a", 1.0),
        change("Pod", "p", 1.5, deed="pods"),
        *(change("Secret", n, 2.0) for n in "bc"),
    ]
    assert [line.time_s for line in bundles(told)] == [1.0, 1.5]


@pytest.mark.parametrize(("one", "many"), [("pod", "pods"), ("storage class", "storage classes"), ("key", "keys")])
def test_several_of_a_kind(one: str, many: str) -> None:
    assert plural(one) == many

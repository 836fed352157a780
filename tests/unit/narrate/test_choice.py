"""Why the scheduler chose one node and not another."""

from __future__ import annotations

import json

from wherry.api.core.event_parts import Event
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.recorder import DECISION_ANNOTATION
from wherry.narrate.choice import Choice, LeftOut, Part, choice_lines, choice_of

SCORES: list[Document] = [
    {"node": "n1", "total": 190.5, "parts": {"NodeResourcesFit": 90.5, "ImageLocality": 100.0, "NodeAffinity": 0.0}},
    {"node": "n2", "total": 88.0, "parts": {"NodeResourcesFit": 88.0, "ImageLocality": 0.0, "NodeAffinity": 0.0}},
]


def choice(reason: str = "Scheduled", /, **note: object) -> Choice | None:
    text = json.dumps({"total": 4, "fitting": 2, "scores": SCORES, "rejected": {}, **note})
    return choice_of(Event(metadata=ObjectMeta(annotations={DECISION_ANNOTATION: text}), reason=reason))


def told(**note: object) -> list[str]:
    found = choice(**note)
    assert found is not None
    return choice_lines(found)


def test_each_of_the_best_nodes_says_what_its_points_are_for() -> None:
    assert told() == [
        "n1 came first with 190.5 points, then n2 with 88.",
        "n1 has 90.5 for room that stays free, 100 for images that are there already.",
        "n2 has 88 for room that stays free.",
    ]


def test_nodes_that_did_not_come_into_question_are_named_by_their_reason() -> None:
    rejected = {"Insufficient memory": ["n3"], "node(s) were unschedulable": ["n4", "n5", "n6", "n7", "n8"]}
    assert told(rejected=rejected)[-1] == (
        "6 nodes left out: no room for memory (n3), closed for new pods (n4, n5, n6 and 2 more)."
    )


def test_a_node_with_two_reasons_is_counted_once_and_like_reasons_are_one() -> None:
    rejected = {
        "Insufficient cpu": ["n3"],
        "node(s) had volume node affinity conflict": ["n3"],
        "node(s) didn't match PersistentVolume's node affinity": ["n4"],
    }
    assert (
        told(rejected=rejected)[-1]
        == "2 nodes left out: no room for cpu (n3), the pod's volume is on another node (n3, n4)."
    )


def test_of_very_many_nodes_the_line_stays_short() -> None:
    reasons = {f"node(s) had untolerated taint {{team: {number}}}": [f"t{number}"] for number in range(9)}
    line = told(rejected={"Too many pods": [f"n{number}" for number in range(10)], **reasons})[-1]
    assert line.startswith("At least 19 nodes left out: as many pods as there may be (n0, n1, n2 and 7 more), ")
    assert line.endswith("6 more reasons.")


def test_where_one_node_fits_only_the_others_are_told() -> None:
    assert told(fitting=1, scores=[], rejected={"Insufficient cpu": ["n3"]}) == [
        "1 node left out: no room for cpu (n3)."
    ]


def test_a_program_gets_all_of_it() -> None:
    found = choice(rejected={"Insufficient cpu": ["n3"]})
    assert found is not None
    assert (found.total, found.fitting, [one.node for one in found.scores]) == (4, 2, ["n1", "n2"])
    assert found.scores[0].parts[2] == Part(rule="NodeAffinity", points=0.0, words="labels that the pod would like")
    assert found.left_out == (LeftOut(reason="Insufficient cpu", words="no room for cpu", nodes=("n3",)),)


def test_a_rule_and_a_reason_that_nobody_here_knows_keep_their_own_words() -> None:
    scores = [{"node": "n1", "total": 1, "parts": {"Odd": 1}}, {"node": "n2", "total": 0}]
    assert told(scores=scores, rejected={"node(s) had a bad day": ["n3"]})[1:] == [
        "n1 has 1 for Odd.",
        "1 node left out: node(s) had a bad day (n3).",
    ]


def test_where_nothing_was_noted_nothing_is_said() -> None:
    assert choice_of(Event(reason="Scheduled")) is None
    assert choice("FailedScheduling") is None

"""Several matchers at one place: each must hold, unless the rule says that one is enough."""

from __future__ import annotations

import pytest

from wherry.method.contracts.contained import misfits
from wherry.method.contracts.matchers import Matching
from wherry.method.contracts.reading import BrokenDocument, Text

TYPE: dict[str, object] = {"match": "type"}
A: dict[str, object] = {"match": "regex", "regex": "^A"}
LONG: dict[str, object] = {"match": "regex", "regex": "^.{2}"}
INTEGER: dict[str, object] = {"match": "integer"}


def wrong(example: object, value: object, *matchers: object, combine: str | None = None, exact: bool = True) -> bool:
    """Whether a value is not what the example stands for, by the matchers of its field."""
    rule = {"matchers": list(matchers), **({"combine": combine} if combine else {})}
    matching = Matching({"$.code": rule}, exact=exact, text=Text("web.json", {}), place=())
    return bool(misfits({"code": value}, matching.schema({"code": example})))


@pytest.mark.parametrize(
    ("value", "is_wrong"), [("A1", False), ("B1", True), ("A", True), (1, True)], ids=["all", "no A", "short", "type"]
)
def test_each_matcher_of_a_list_must_hold(value: object, is_wrong: bool) -> None:
    assert wrong("A1", value, TYPE, A, LONG) is is_wrong
    assert wrong("A1", value, LONG, A, TYPE, combine="AND") is is_wrong


def test_where_the_rule_says_or_one_of_them_is_enough() -> None:
    assert not wrong("A1", "B1", A, LONG, combine="OR")
    assert not wrong("A1", "A", A, LONG, combine="or")
    assert wrong("A1", "B", A, LONG, combine="OR")


def test_matchers_of_lists_and_of_what_is_in_them_hold_together() -> None:
    least: dict[str, object] = {"match": "type", "min": 1}
    most: dict[str, object] = {"match": "type", "max": 2}
    found = [wrong([{"id": 1}], value, least, most) for value in ([], [{"id": 2}], [{"id": 2}] * 3, [{"id": "x"}])]
    assert found == [True, False, True, True]


def test_a_type_from_above_holds_for_fields_below_and_a_pattern_does_not() -> None:
    matching = Matching({"$": {"matchers": [A, TYPE]}}, exact=True, text=Text("web.json", {}), place=())
    with pytest.raises(BrokenDocument):
        _ = matching.schema({"code": "A1"})
    below = Matching({"$.items": {"matchers": [TYPE]}}, exact=True, text=Text("web.json", {}), place=())
    assert not misfits({"items": ["z"]}, below.schema({"items": ["A1"]}))


@pytest.mark.parametrize(
    ("matchers", "combine", "words"),
    [
        ([INTEGER, {"match": "boolean"}], "AND", "no value is integer and boolean at once"),
        ([TYPE], "XOR", "XOR combines nothing"),
        (["type"], "AND", "must be a mapping"),
    ],
)
def test_what_cannot_be_is_said_with_the_way_out(matchers: list[object], combine: str, words: str) -> None:
    with pytest.raises(BrokenDocument, match=words) as broken:
        _ = wrong(1, 1, *matchers, combine=combine)
    assert broken.value.remedy

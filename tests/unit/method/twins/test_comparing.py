"""Comparing answers without what differs by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suites.played_twin import said
from wherry.method.journey.play import Answer, CannotCall, contains
from wherry.method.twins.comparing import agrees, first_difference, forget_places, mask, stable_answers

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_an_answer_agrees_with_itself(value: object) -> None:
    assert agrees(mask(value, value), value)
    assert contains(value, value)


@given(JSON, JSON)
def test_what_differs_by_itself_never_counts_as_a_difference(one: object, other: object) -> None:
    masked = mask(one, other)
    assert agrees(masked, one)
    assert agrees(masked, other) or isinstance(one, list | dict)


async def test_an_answer_is_compared_without_what_changes_from_call_to_call() -> None:
    count = 0

    async def call(method: str, path: str, body: object) -> Answer:
        nonlocal count
        count += 1
        return said(200, {"id": 7, "at": count, "pod": "a"})

    async def other(method: str, path: str, body: object) -> Answer:
        return said(200, {"id": int(path[-1]), "at": 99, "pod": "b"})

    stable = await stable_answers(call, ["/x/7"])
    assert await first_difference(other, stable) == ""
    assert "answered something else" in await first_difference(other, [type(stable[0])("/x/8", 200, {"id": 7})])
    assert "answered 200 instead of 404" in await first_difference(other, [type(stable[0])("/x/8", 404, {})])


async def test_a_copy_that_is_gone_is_asked_for_again_before_anything_is_said() -> None:
    tries = 0

    async def call(method: str, path: str, body: object) -> Answer:
        nonlocal tries
        tries += 1
        if tries % 2:
            raise CannotCall("gone")
        return said(200, {})

    stable = [(await stable_answers(lambda *_: other(), ["/x"]))[0]]
    assert await first_difference(call, stable, tries=2) == ""
    assert "gone" in await first_difference(call, stable)


async def other() -> Answer:
    return said(200, {})


def test_where_an_answer_comes_from_is_no_difference() -> None:
    assert forget_places([{"pod": "a", "id": 1}]) == [{"pod": "*", "id": 1}]

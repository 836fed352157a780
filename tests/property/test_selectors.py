from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wherry.apimachinery.fields import FieldSelector, parse_field_selector
from wherry.apimachinery.labels import Requirement, Selector, parse_selector

keys = st.sampled_from(["a", "b", "app.kubernetes.io/name", "in", "notin", "tier"])
values = st.sampled_from(["", "x", "y", "z-1", "in"])
labels = st.dictionaries(keys, values)
requirements = st.one_of(
    st.builds(lambda k, o, v: Requirement(k, o, (v,)), keys, st.sampled_from(["=", "==", "!="]), values),
    st.builds(
        lambda k, o, v: Requirement(k, o, tuple(sorted(v))),
        keys,
        st.sampled_from(["in", "notin"]),
        st.sets(values, min_size=1).filter(lambda chosen: chosen != {""}),  # prints as (), which is refused
    ),
    st.builds(lambda k, o: Requirement(k, o), keys, st.sampled_from(["exists", "!"])),
    st.builds(lambda k, o: Requirement(k, o, ("5",)), keys, st.sampled_from(["gt", "lt"])),
)


@given(st.lists(requirements, max_size=4))
def test_a_selector_written_and_read_is_the_same(chosen: list[Requirement]) -> None:
    ordered = sorted(chosen, key=lambda requirement: requirement.key)
    selector = Selector(tuple(ordered))
    assert parse_selector(str(selector)) == selector


@given(st.lists(requirements, max_size=4), labels)
def test_requirements_are_joined_by_and(chosen: list[Requirement], carried: dict[str, str]) -> None:
    assert Selector(tuple(chosen)).matches(carried) == all(each.matches(carried) for each in chosen)


@given(keys, st.sets(values, min_size=1), labels)
def test_in_and_notin_are_opposites(key: str, chosen: set[str], carried: dict[str, str]) -> None:
    some = tuple(chosen)
    assert Requirement(key, "in", some).matches(carried) != Requirement(key, "notin", some).matches(carried)


@given(keys, labels)
def test_exists_and_absent_are_opposites(key: str, carried: dict[str, str]) -> None:
    assert Requirement(key, "exists").matches(carried) != Requirement(key, "!").matches(carried)


@given(st.text(max_size=30))
def test_any_text_is_a_selector_or_refused(text: str) -> None:
    for parse in (parse_selector, parse_field_selector):
        try:
            parse(text)
        except ValueError:
            continue


paths = st.sampled_from(["metadata.name", "status.phase", "spec.nodeName"])


@given(st.lists(st.tuples(paths, st.sampled_from(["=", "!="]), st.text(max_size=10)), max_size=3))
def test_a_field_selector_written_and_read_is_the_same(terms: list[tuple[str, str, str]]) -> None:
    selector = FieldSelector(tuple(terms))
    assert parse_field_selector(str(selector)) == selector

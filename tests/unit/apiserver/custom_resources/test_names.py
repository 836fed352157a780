from __future__ import annotations

import msgspec
import pytest

from suites.custom_resources import definition
from wherry.api.apiextensions.customresourcedefinition import (
    CUSTOM_RESOURCE_DEFINITIONS,
    CustomResourceDefinition,
    condition_of,
)
from wherry.apimachinery.document import Document
from wherry.apiserver.custom_resources.names import plan_status

NOW_S, LATER_S = 1_800_000_000.0, 1_800_000_060.0


def made(document: Document) -> CustomResourceDefinition:
    CUSTOM_RESOURCE_DEFINITIONS.default(document)
    CUSTOM_RESOURCE_DEFINITIONS.prepare(document, None)
    return msgspec.convert(document, CustomResourceDefinition)


def told(one: CustomResourceDefinition, *others: CustomResourceDefinition) -> CustomResourceDefinition:
    """With the status that it should have."""
    return msgspec.structs.replace(one, status=plan_status(one, others, NOW_S))


FIRST = told(made(definition(kind="Widget", shortNames=["w"])))


def conditions(one: CustomResourceDefinition) -> dict[str, tuple[str, str, str]]:
    return {each.type: (each.status, each.reason, each.message) for each in one.status.conditions}


def test_names_without_conflict_are_accepted_and_the_kind_is_established() -> None:
    assert conditions(FIRST) == {
        "NamesAccepted": ("True", "NoConflicts", "no conflicts found"),
        "Established": ("True", "InitialNamesAccepted", "the initial names have been accepted"),
    }
    assert FIRST.status.accepted_names == FIRST.spec.names


@pytest.mark.parametrize(
    ("names", "reason", "message"),
    [
        ({"plural": "w", "kind": "Other"}, "PluralConflict", '"w" is already in use'),
        ({"plural": "others", "kind": "Other", "singular": "w"}, "SingularConflict", '"w" is already in use'),
        (
            {"plural": "others", "kind": "Other", "shortNames": ["w", "widgets", "o"]},
            "ShortNamesConflict",
            '["w" is already in use, "widgets" is already in use]',
        ),
        (
            {"plural": "others", "kind": "Widget", "singular": "other", "listKind": "L"},
            "KindConflict",
            '"Widget" is already in use',
        ),
        ({"plural": "others", "kind": "Other", "listKind": "Widget"}, "ListKindConflict", '"Widget" is already in use'),
    ],
)
def test_who_comes_later_must_wait(names: Document, reason: str, message: str) -> None:
    second = told(made(definition(**names)), FIRST)  # type: ignore[arg-type] # names of a definition
    assert conditions(second) == {
        "NamesAccepted": ("False", reason, message),
        "Established": ("False", "NotAccepted", "not all names are accepted"),
    }
    freed = told(second)
    assert conditions(freed)["Established"][0] == "True"
    assert freed.status.accepted_names == freed.spec.names


def test_other_groups_have_names_of_their_own() -> None:
    assert conditions(told(made(definition(group="other.org")), FIRST))["NamesAccepted"][0] == "True"


def test_an_established_kind_stays_so_when_a_new_name_is_taken() -> None:
    other = told(made(definition(kind="Other", shortNames=["o"])), FIRST)
    names = msgspec.structs.replace(other.spec.names, short_names=("w",))
    renamed = told(msgspec.structs.replace(other, spec=msgspec.structs.replace(other.spec, names=names)), FIRST)
    assert conditions(renamed)["NamesAccepted"] == ("False", "ShortNamesConflict", '"w" is already in use')
    assert conditions(renamed)["Established"][0] == "True"
    assert renamed.status.accepted_names is not None
    assert renamed.status.accepted_names.short_names == ("o",)


def test_nothing_new_is_told_twice() -> None:
    assert plan_status(FIRST, [], LATER_S) == FIRST.status


def test_a_change_has_its_time() -> None:
    second = told(made(definition(kind="Widget", plural="others")), FIRST)
    freed = plan_status(second, [], LATER_S)
    assert {each.type: each.last_transition_time for each in freed.conditions} == {
        "NamesAccepted": "2027-01-15T08:01:00Z",
        "Established": "2027-01-15T08:01:00Z",
    }


def test_a_kind_of_the_community_says_whether_it_is_approved() -> None:
    document = definition(group="things.k8s.io")
    document["metadata"] = {"annotations": {"api-approved.kubernetes.io": "unapproved, a test"}}
    assert conditions(told(made(document)))["KubernetesAPIApprovalPolicyConformant"] == (
        "False",
        "UnapprovedAnnotation",
        'not approved: "unapproved, a test"',
    )


def test_a_deletion_is_told() -> None:
    meta = msgspec.structs.replace(FIRST.metadata, deletion_timestamp="2027-01-15T08:00:00Z")
    going = told(msgspec.structs.replace(FIRST, metadata=meta))
    terminating = condition_of(going, "Terminating")
    assert terminating is not None
    assert (terminating.status, terminating.reason) == ("True", "InstanceDeletionPending")

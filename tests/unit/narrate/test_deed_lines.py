from __future__ import annotations

import pytest

from wherry.apimachinery.deed import Author, Deed
from wherry.narrate.deed_lines import deed_lines


def deed(
    name: str = "web",
    *,
    kind: str = "Deployment",
    verb: str = "patch",
    at_s: float = 100.0,
    user: str = "anna",
    subresource: str = "",
    command: str = "",
) -> Deed:
    return Deed(
        revision=int(at_s),
        time_s=at_s,
        group="",
        plural="things",
        namespace="" if kind == "Node" else "shop",
        name=name,
        author=Author(user=user, program="kubectl", verb=verb, subresource=subresource, command=command),
        kind=kind,
    )


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (deed(verb="create"), "anna created deployment web in shop with kubectl."),
        (deed(verb="apply"), "anna changed deployment web in shop with kubectl."),
        (deed(subresource="scale"), "anna scaled deployment web in shop with kubectl."),
        (deed(verb="delete"), "anna deleted deployment web in shop with kubectl."),
        (deed(command="kubectl rollout restart"), "anna started deployment web in shop again with kubectl."),
        (
            deed(command="kubectl rollout undo"),
            "anna brought the version before of deployment web in shop back with kubectl.",
        ),
        (deed("one", kind="Node", command="kubectl cordon"), "anna closed node one for new pods with kubectl."),
        (
            deed("web-1", kind="Pod", verb="create", subresource="eviction"),
            "anna sent pod web-1 in shop away with kubectl.",
        ),
    ],
)
def test_each_deed_has_its_sentence(one: Deed, said: str) -> None:
    assert [line.text for line in deed_lines([one])] == [said]


def test_a_line_has_what_a_story_needs() -> None:
    (line,) = deed_lines([deed("web-575fd99748-44gmk", kind="Pod", verb="delete")])
    assert (line.actor, line.reason, line.app, line.is_warning) == ("anna", "Deleted", "web", False)


def test_several_of_a_kind_are_called_so() -> None:
    many = [deed(f"m{number}", kind="NetworkPolicy", verb="delete", at_s=100 + number) for number in range(2)]
    assert [line.text for line in deed_lines(many)] == ["anna deleted 2 network policies in shop with kubectl."]


def test_many_at_once_are_one_line() -> None:
    many = [deed(f"m{number}", kind="ConfigMap", verb="create", at_s=100 + number) for number in range(4)]
    later = deed("m9", kind="ConfigMap", verb="create", at_s=200)
    found = deed_lines([*many, later])
    assert [line.text for line in found] == [
        "anna created 4 config maps in shop with kubectl.",
        "anna created config map m9 in shop with kubectl.",
    ]
    assert found[0].count == 4


def test_what_says_nothing_to_people_is_left_out() -> None:
    assert not deed_lines(
        [
            deed(user="system:kube-controller-manager"),
            deed(kind="Lease"),
            deed(kind=""),
            deed(subresource="status"),
        ]
    )

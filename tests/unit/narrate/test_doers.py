from __future__ import annotations

import pytest

from wherry.apimachinery.deed import Author, Deed
from wherry.narrate.doers import deletion_of, is_master, names_of, tool_of, tools_of, who_is, within, writers

CONTROLLER = Author(user="system:kube-controller-manager", component="deployment-controller", program="kube")
ANNA, BEN = Author(user="anna", command="kubectl scale", program="kubectl"), Author(user="ben", program="Helm")


def deed(revision: int, author: Author, verb: str = "patch", subresource: str = "") -> Deed:
    signed = Author(
        user=author.user,
        component=author.component,
        program=author.program,
        command=author.command,
        verb=verb,
        subresource=subresource,
    )
    return Deed(
        revision=revision, time_s=float(revision), group="", plural="pods", namespace="shop", name="web", author=signed
    )


@pytest.mark.parametrize(
    ("author", "who", "tool"),
    [
        (ANNA, "anna", " with kubectl"),
        (BEN, "ben", " with helm"),
        (Author(user="anna", program="wherry-dashboard"), "anna", " with the page"),
        (Author(user="anna"), "anna", ""),
        (Author(user="anna", acted="kubernetes-admin"), "kubernetes-admin as anna", ""),
        (CONTROLLER, "The deployment controller", ""),
        (Author(user="system:kube-controller-manager", component="x-y-controller"), "The x y controller", ""),
        (Author(user="system:kube-scheduler", program="kube-scheduler"), "The scheduler", ""),
        (Author(user="system:node:one", program="kubelet"), "Node one", ""),
        (Author(user="system:serviceaccount:ci:robot", program="curl"), "Service account ci/robot", " with curl"),
    ],
)
def test_everybody_has_a_name(author: Author, who: str, tool: str) -> None:
    assert (who_is(author), tool_of(author)) == (who, tool)


def test_a_person_cannot_pass_for_a_part_of_the_masters() -> None:
    pretender = Author(user="eve", component="deployment-controller", program="kube-controller-manager")
    assert not is_master(pretender)
    assert who_is(pretender) == "eve"


def test_the_masters_are_told_from_people_and_from_other_programs() -> None:
    assert is_master(CONTROLLER)
    assert is_master(Author(user="system:serviceaccount:kube-system:coredns"))
    assert not is_master(Author(user="system:serviceaccount:ci:robot"))
    assert not is_master(ANNA)


def test_a_name_in_the_middle_of_a_sentence_keeps_its_own_letters() -> None:
    assert [within(who) for who in ("The scheduler", "Node One", "Anna")] == ["the scheduler", "node One", "Anna"]


def test_those_who_wrote_are_people_when_there_are_any() -> None:
    deeds = [deed(1, ANNA), deed(2, BEN), deed(3, CONTROLLER), deed(4, ANNA), deed(5, BEN, "patch", "status")]
    found = writers(deeds)
    assert [one.revision for one in found] == [2, 4]
    assert names_of(found) == "ben and anna"
    assert tools_of(found) == ""
    assert tools_of(found[:1]) == " with helm"
    assert [one.revision for one in writers(deeds[2:3])] == [3]
    assert names_of([]) == ""


def test_a_deletion_began_with_the_first_who_asked_since_the_thing_was_made() -> None:
    deeds = [deed(1, BEN, "delete"), deed(2, ANNA, "create"), deed(3, ANNA, "delete"), deed(4, CONTROLLER, "delete")]
    started, ended = deletion_of(deeds, 4)
    assert (started, ended) == (deeds[2], deeds[3])
    assert deletion_of(deeds, 9) == (deeds[2], None)
    assert deletion_of([], 9) == (None, None)


def test_an_eviction_is_a_deletion() -> None:
    evicted = deed(2, ANNA, "create", "eviction")
    assert deletion_of([evicted], 2) == (evicted, evicted)

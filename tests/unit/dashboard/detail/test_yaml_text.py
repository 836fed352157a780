from __future__ import annotations

import yaml

from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.dashboard.detail.yaml_text import as_yaml, diff_html, editable_yaml, whole_yaml

KEPT = {"name": "web", "uid": "u", "resourceVersion": "7", "managedFields": [{}], "labels": {"a": "b"}}
DOCUMENT = {"metadata": KEPT, "spec": {"replicas": 2}, "status": {"readyReplicas": 1}}


def test_what_a_person_edits_is_the_wish_alone() -> None:
    assert yaml.safe_load(editable_yaml(DEPLOYMENTS, DOCUMENT)) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"a": "b"}},
        "spec": {"replicas": 2},
    }


def test_what_a_person_reads_is_all_but_who_owns_which_field() -> None:
    shown = yaml.safe_load(whole_yaml(DEPLOYMENTS, DOCUMENT))
    assert shown["status"] == {"readyReplicas": 1}
    assert "managedFields" not in shown["metadata"]


def test_a_text_of_several_lines_stays_readable() -> None:
    assert as_yaml({"script": "one\ntwo\n"}) == "script: |\n  one\n  two\n"


def test_a_difference_says_in_words_what_it_says_in_colours() -> None:
    shown = diff_html("a: 1\nb: <2>\n", "a: 1\nb: 3\n")
    assert '<span class="removed"><span class="hidden">will be gone: </span>-b: &lt;2&gt;</span>' in shown
    assert '<span class="added"><span class="hidden">will be new: </span>+b: 3</span>' in shown
    assert diff_html("same", "same") == ""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.narrate.differences import details, differences, shown


def deployment(replicas: int, image: str, **env: str) -> Document:
    container = {"name": "web", "image": image, "env": [{"name": key, "value": value} for key, value in env.items()]}
    return {
        "metadata": {"name": "web", "resourceVersion": str(replicas), "labels": {"app": "web"}},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [container]}}},
        "status": {"replicas": replicas},
    }


def test_the_number_of_copies_comes_first_and_then_the_image() -> None:
    found = differences(deployment(3, "web:1", LEVEL="info"), deployment(5, "web:2", LEVEL="debug"))
    assert details(found) == [
        "from 3 to 5 copies",
        "container web runs image web:2, before it was web:1",
        "containers[web].env[LEVEL].value is now debug, before it was info",
    ]


def test_status_and_bookkeeping_are_no_difference() -> None:
    old, new = deployment(3, "web:1"), deployment(3, "web:1")
    new["status"] = {"replicas": 1}
    new["metadata"] = {
        "name": "web",
        "labels": {"app": "web"},
        "resourceVersion": "9",
        "annotations": {"deployment.kubernetes.io/revision": "2"},
        "managedFields": [{"manager": "kubectl"}],
    }
    assert differences(old, new) == []


def test_what_came_and_what_went_is_told_as_such() -> None:
    old: Document = {"metadata": {}, "data": {"a": "1", "b": "2"}}
    new: Document = {"metadata": {}, "data": {"a": "1", "c": "3"}}
    assert details(differences(old, new)) == ["data.b is gone, it was 2", "data.c is new: 3"]


def test_the_values_of_a_secret_are_never_shown() -> None:
    old: Document = {"metadata": {}, "data": {"a": "c2VjcmV0", "b": "aGlkZGVu"}}
    new: Document = {"metadata": {}, "data": {"a": "b3RoZXI=", "c": "bmV3"}}
    said = " ".join(details(differences(old, new), hides_values=True))
    assert not [value for value in ("c2VjcmV0", "aGlkZGVu", "b3RoZXI=", "bmV3") if value in said]
    assert "data.a has another value" in said


def test_many_differences_are_counted() -> None:
    old: Document = {"metadata": {}, "data": {}}
    new: Document = {"metadata": {}, "data": {str(n): "x" for n in range(9)}}
    assert details(differences(old, new))[-1] == "and 6 more"


def test_a_value_is_short_and_on_one_line() -> None:
    assert shown({"a": [1, True], "b": "x\ny"}) == "a=1, True, b=x y"
    assert len(shown("x" * 500)) == 60
    assert (shown(True), shown(False)) == ("yes", "no")

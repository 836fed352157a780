"""Whoever is refused on a page reads why, and the way out."""

from __future__ import annotations

import pytest

from wherry.apimachinery.errors import BadRequest, Conflict, Forbidden, Invalid, NotFound, StatusError
from wherry.dashboard.refusals import refusal, way_out


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Forbidden('deployments.apps "web" is forbidden: User "ana" cannot patch'), "kubectl auth can-i --list"),
        (Forbidden("pods is forbidden: exceeded quota: small, requested: cpu=1"), "kubectl describe quota"),
        (Conflict("the object has been modified"), "as it is now"),
        (Invalid("spec.selector: Invalid value: field is immutable"), "kubectl replace --force"),
        (Invalid("spec: Forbidden: updates to statefulset spec for fields other than"), "kubectl replace --force"),
        (Invalid("spec.replicas: must be non-negative"), "Correct what"),
        (NotFound("deployments.apps not found"), "kubectl get all"),
        (StatusError("busy", code=429), "in a moment"),
    ],
)
def test_each_refusal_has_its_way_out(error: StatusError, said: str) -> None:
    page = refusal(error, "/ui/next")
    assert said in page
    assert '<a href="/ui/next">Back</a>' in page


def test_what_says_all_by_itself_stands_alone() -> None:
    assert way_out(BadRequest("the form lacks the object")) is None


def test_what_a_stranger_wrote_is_shown_as_text() -> None:
    assert "<script>" not in refusal(BadRequest("<script>"), "/ui/")

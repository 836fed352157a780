from __future__ import annotations

from wherry.apimachinery.deed import Author, Deed
from wherry.dashboard.detail.history import made_by


def deed(at_s: float, user: str, **more: str) -> Deed:
    author = Author(user=user, verb="patch", program="kubectl", **more)
    return Deed(
        revision=int(at_s), time_s=at_s, group="apps", plural="deployments", namespace="shop", name="web", author=author
    )


def test_a_version_is_of_whoever_changed_the_workload_in_that_second() -> None:
    deeds = [
        deed(50, "ben"),
        deed(99.6, "anna"),
        deed(100.1, "system:kube-controller-manager", component="deployment-controller"),
        deed(400, "eve"),
    ]
    assert made_by(100, deeds) == "anna with kubectl"
    assert made_by(50, deeds) == "ben with kubectl"


def test_nobody_is_named_where_nobody_is_known() -> None:
    assert made_by(100, []) == ""
    assert made_by(100, [deed(100, "system:kube-controller-manager")]) == ""

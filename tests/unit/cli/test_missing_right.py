from __future__ import annotations

from wherry.cli.missing_right import ASK, way_to_the_right


def test_a_right_in_a_namespace_is_given_by_a_role_there() -> None:
    said = (
        'releases.wherry.dev is forbidden: User "ben" cannot list resource "releases" in API group "wherry.dev" '
        'in the namespace "shop"'
    )
    assert way_to_the_right(said).endswith(
        "kubectl create role wherry-list-releases --verb=list --resource=releases.wherry.dev -n shop"
        " && kubectl create rolebinding wherry-list-releases --role=wherry-list-releases --user=ben -n shop"
    )


def test_a_right_in_the_whole_cluster_is_given_by_a_cluster_role_also_to_an_account() -> None:
    said = (
        'pods is forbidden: User "system:serviceaccount:ci:bot" cannot create resource "pods/exec" in API group "" '
        "at the cluster scope"
    )
    assert way_to_the_right(said).endswith(
        "kubectl create clusterrole wherry-create-pods --verb=create --resource=pods/exec"
        " && kubectl create clusterrolebinding wherry-create-pods --clusterrole=wherry-create-pods"
        " --serviceaccount=ci:bot"
    )


def test_where_nobody_says_what_is_missing_somebody_has_to_be_asked() -> None:
    assert way_to_the_right("admission webhook says no") == ASK

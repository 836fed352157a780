from __future__ import annotations

import sys
from pathlib import Path

import pytest

from suites.delivered_service import GreeterRepository
from wherry.apimachinery.document import Document
from wherry.method.delivery.documents import reference
from wherry.method.delivery.overlay import parse_manifests, render, settle
from wherry.method.delivery.refusal import CannotDeliver

KUBECTL = Path(sys.executable).parent / "kubectl"


async def test_an_overlay_is_rendered_by_the_real_kubectl(tmp_path: Path) -> None:
    repository = GreeterRepository(tmp_path / "greeter")
    documents = await render(KUBECTL, repository.root / "deploy" / "overlays" / "dev")
    assert {reference(document).kind for document in documents} == {"ConfigMap", "Secret", "Service", "Deployment"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no kustomization.yaml"),
        ("resources: [missing.yaml]", "missing.yaml"),
        ("resources: [", "cannot be rendered"),
    ],
)
async def test_an_overlay_that_cannot_be_rendered_says_why(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "kustomization.yaml").write_text(content)
    with pytest.raises(CannotDeliver, match=words) as caught:
        await render(KUBECTL, tmp_path)
    assert caught.value.remedy


async def test_an_overlay_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotDeliver, match="does not exist"):
        await render(KUBECTL, tmp_path / "none")


def test_lists_are_taken_apart_and_nonsense_is_refused() -> None:
    assert len(parse_manifests("apiVersion: v1\nkind: List\nitems: [{kind: A}, {kind: B}]")) == 2
    with pytest.raises(CannotDeliver, match="lacks apiVersion or kind"):
        parse_manifests("kind: Pod")
    with pytest.raises(CannotDeliver, match="no YAML"):
        parse_manifests("a: [")


def config_map(namespace: str) -> Document:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": namespace}}


def test_an_environment_is_one_namespace_and_the_manifests_do_not_name_it() -> None:
    assert settle([config_map("orders-dev")], "dev", "orders-dev")[0]["metadata"] == {"name": "c"}
    with pytest.raises(CannotDeliver, match="into the namespace elsewhere") as caught:
        settle([config_map("elsewhere")], "dev", "orders-dev")
    assert caught.value.exit_code == 4


def test_a_manifest_without_a_name_is_refused() -> None:
    with pytest.raises(CannotDeliver, match="has no name"):
        settle([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}], "dev", "d")

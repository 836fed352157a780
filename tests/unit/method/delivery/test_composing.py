from __future__ import annotations

import base64

import pytest

from suites.release_orders import DIGEST, OTHER_DIGEST, content, manifests, order
from wherry.apimachinery.document import Document
from wherry.method.delivery.composing import in_registry, manifests_text, read_manifests_text
from wherry.method.delivery.documents import section
from wherry.method.delivery.refusal import CannotDeliver

NOW = "2026-11-28T00:00:00Z"


def test_the_same_image_and_manifests_are_the_same_content() -> None:
    assert content().hash == content().hash
    changed = [content(order(OTHER_DIGEST)), content(documents=manifests("debug")), content(order(migrate=("m",)))]
    changed += [content(documents=manifests(password="x")), content(order(uncommitted=True))]
    assert content().hash not in {one.hash for one in changed}
    assert len({one.hash for one in changed}) == len(changed)


def test_a_release_says_what_it_consists_of() -> None:
    made = content(order(team="shop")).release(7, "ana", NOW)
    spec = section(made.release, "spec")
    assert (made.name, spec["number"], spec["by"], spec["team"]) == ("orders-r7", 7, "ana", "shop")
    assert (spec["image"], spec["digest"]) == (f"orders@{DIGEST}", DIGEST)
    assert "uncommitted" not in spec
    objects = spec["objects"]
    assert isinstance(objects, list)
    assert len(objects) == 4


def test_secrets_are_kept_in_a_secret_and_nowhere_else() -> None:
    made = content().release(7, "ana", NOW)
    assert "tea" not in str(made.release)
    assert made.secret is not None
    kept = base64.b64decode(str(section(made.secret, "data")["manifests"])).decode()
    assert read_manifests_text(kept)[0]["stringData"] == {"PASSWORD": "tea"}
    assert (made.secret["immutable"], section(made.release, "spec")["secretsFrom"]) == (True, made.part)


def test_large_manifests_are_kept_beside_the_release() -> None:
    large = content(documents=[*manifests(), big(300)]).release(7, "ana", NOW)
    assert large.config_map is not None
    assert "manifests" not in section(large.release, "spec")
    with pytest.raises(CannotDeliver, match="larger than"):
        content(documents=[*manifests(), big(1100)]).release(7, "ana", NOW)


def big(size_kb: int) -> Document:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"a": "x" * size_kb * 1024}}


def test_a_configuration_that_does_not_run_the_image_is_refused() -> None:
    with pytest.raises(CannotDeliver, match="nothing in the configuration of dev runs the image orders"):
        content(documents=manifests()[:2])


def test_uncommitted_code_is_said_by_the_release() -> None:
    assert section(content(order(uncommitted=True)).release(1, "ana", NOW).release, "spec")["uncommitted"] is True


def test_another_cluster_finds_the_image_in_its_registry_by_the_same_digest() -> None:
    image = in_registry(order().image, "registry.example.com/shop/")
    assert image.image == f"registry.example.com/shop/orders@{DIGEST}"


def test_manifests_are_read_back_as_they_were_written() -> None:
    assert read_manifests_text(manifests_text(manifests())) == manifests()

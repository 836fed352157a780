from __future__ import annotations

import base64

import msgspec
import pytest

from suites.release_orders import DIGEST, content
from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.meta import ObjectMeta
from wherry.method.delivery.bundle import (
    README,
    RELEASE,
    SECRETS,
    bundle_documents,
    provenance_statement,
    read_bundle,
)
from wherry.method.delivery.documents import entries, section
from wherry.method.delivery.refusal import CannotDeliver

MADE = content().release(7, "ana", "2026-11-28T00:00:00Z")


def documents() -> dict[str, bytes]:
    spec = msgspec.convert(MADE.release["spec"], ReleaseSpec)
    release = Release(metadata=ObjectMeta(name="orders-r7", namespace="orders-dev"), spec=spec)
    assert MADE.secret is not None
    secrets = base64.b64decode(str(section(MADE.secret, "data")["manifests"])).decode()
    return bundle_documents(release, spec.manifests, secrets, {"orders": "orders:orders-r7"})


def test_a_release_comes_out_of_its_file_as_it_went_in() -> None:
    again = read_bundle(documents(), "file").numbered()
    assert msgspec.convert(again.release["spec"], ReleaseSpec) == msgspec.convert(MADE.release["spec"], ReleaseSpec)
    assert (again.secret, again.config_map) == (MADE.secret, None)
    assert (again.name, again.part) == (MADE.name, MADE.part)


def test_no_secret_is_outside_the_one_document_for_them() -> None:
    holding = [name for name, data in documents().items() if b"tea" in data]
    assert holding == [SECRETS]


@pytest.mark.parametrize("name", [SECRETS, "manifests.yaml"])
def test_a_file_that_was_changed_on_its_way_is_refused(name: str) -> None:
    changed = documents()
    changed[name] = changed[name].replace(b"orders", b"others").replace(b"tea", b"gin")
    with pytest.raises(CannotDeliver, match="its hashes differ") as caught:
        read_bundle(changed, "file")
    assert caught.value.exit_code == 4


def test_what_is_no_release_is_said() -> None:
    with pytest.raises(CannotDeliver, match="holds no release"):
        read_bundle({}, "file")
    with pytest.raises(CannotDeliver, match="cannot be read"):
        read_bundle({RELEASE: b"{"}, "file")


def test_the_readme_says_how_any_other_cluster_is_fed() -> None:
    text = documents()[README].decode()
    assert "skopeo copy --preserve-digests oci-archive:FILE:orders:orders-r7 docker://REGISTRY/orders:orders-r7" in text
    assert "kubectl -n orders-dev apply --server-side -f manifests.yaml" in text


def test_provenance_is_a_statement_that_other_tools_read() -> None:
    statement = provenance_statement(msgspec.convert(MADE.release["spec"], ReleaseSpec))
    assert entries(statement, "subject")[0]["digest"] == {"sha256": DIGEST.removeprefix("sha256:")}
    definition = section(section(statement, "predicate"), "buildDefinition")
    assert entries(definition, "resolvedDependencies")[0]["uri"] == "https://example.com/orders.git"

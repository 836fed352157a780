"""A release as one file: its manifests, where it comes from, and how to use them on any cluster.

The images are beside these documents in the same file (an OCI layout), so nothing else is needed.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import orjson

from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.document import Document
from wherry.method.delivery.composing import NUMBER_LABEL, NumberedRelease
from wherry.method.delivery.kept_manifests import is_as_released
from wherry.method.delivery.ledger import expected_name
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.stamping import ENVIRONMENT, SERVICE

README, RELEASE, MANIFESTS = "README.md", "release.json", "manifests.yaml"
SECRETS, PROVENANCE = "secrets.yaml", "provenance.json"
DOCUMENTS = (README, RELEASE, MANIFESTS, SECRETS, PROVENANCE)
DOCUMENT_BYTES_MAX = 4 * 1024 * 1024

_README = """# {name}

{service} for {environment}, as it was released by {by} at {created}.
Image: {image}
Commit: {revision} of {source}{uncommitted}

This file is a tar: an OCI layout with the images, and beside it

- release.json      the Release, as Wherry keeps it
- manifests.yaml    what `kubectl apply` takes
{secrets}- provenance.json   where the image comes from

## With Wherry

    wherry import FILE
    wherry run {name} --in {environment}

## With any other Kubernetes and a registry

Bring each image to a registry that the cluster can reach. `--preserve-digests` matters: the manifests name images by
their digest.

{copies}
Put the registry in front of the images' names and apply:

    tar -xOf FILE manifests.yaml | sed 's#"image":"\\({repositories}\\)@#"image":"REGISTRY/\\1@#g' > manifests.yaml
    kubectl create namespace {namespace}
{apply_secrets}    kubectl -n {namespace} apply --server-side -f manifests.yaml
{migrate}"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A release out of a file."""

    release: Release
    manifests: str
    secrets: str

    def numbered(self) -> NumberedRelease:
        """As the ledger takes it."""
        meta, spec = self.release.metadata, self.release.spec
        labels: Document = {SERVICE: spec.service, ENVIRONMENT: spec.environment}
        metadata: Document = {"name": meta.name, "namespace": meta.namespace, "labels": labels}
        part = spec.manifests_from or spec.secrets_from
        beside: Document = {**metadata, "name": part}
        coded = base64.b64encode(self.secrets.encode()).decode()
        return NumberedRelease(
            name=meta.name,
            part=part,
            release={
                "metadata": {**metadata, "labels": {**labels, NUMBER_LABEL: str(spec.number)}},
                "spec": orjson.loads(msgspec.json.encode(spec)),
            },
            config_map={"metadata": beside, "immutable": True, "data": {"manifests": self.manifests}}
            if spec.manifests_from
            else None,
            secret={"metadata": beside, "immutable": True, "data": {"manifests": coded}} if self.secrets else None,
        )


def bundle_documents(release: Release, manifests: str, secrets: str, names: Mapping[str, str]) -> dict[str, bytes]:
    """The documents of a release's file. `names` are the images in it: name in the file by name in the manifests."""
    kept = {"metadata": {"name": release.name, "namespace": release.metadata.namespace}, "spec": release.spec}
    documents = {
        README: readme(release, names).encode(),
        RELEASE: msgspec.json.format(msgspec.json.encode(kept), indent=2),
        MANIFESTS: manifests.encode(),
        PROVENANCE: msgspec.json.format(msgspec.json.encode(provenance_statement(release.spec)), indent=2),
    }
    return documents | ({SECRETS: secrets.encode()} if secrets else {})


def provenance_statement(spec: ReleaseSpec) -> Document:
    """Where the image comes from, as an in-toto statement (SLSA's provenance), which tools of supply chains read."""
    resolved: list[Document] = [{"uri": spec.source, "digest": {"gitCommit": spec.revision}}]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": spec.service, "digest": {"sha256": spec.digest.removeprefix("sha256:")}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://wherry.dev/image.toml/v1",
                "externalParameters": {"version": spec.version, "uncommitted": spec.uncommitted},
                "resolvedDependencies": resolved,
            },
            "runDetails": {"builder": {"id": "https://wherry.dev/build"}},
        },
    }


def readme(release: Release, names: Mapping[str, str]) -> str:
    """What to do with the file, for somebody who has nothing but it."""
    spec, namespace = release.spec, release.metadata.namespace
    repositories = sorted({name.rpartition(":")[0] for name in names.values()})
    copies = "".join(
        f"    skopeo copy --preserve-digests oci-archive:FILE:{name} docker://REGISTRY/{name}\n"
        for name in names.values()
    )
    missing = [image.name for image in spec.images if image.name not in names]
    if missing:
        copies += f"\nNot in this file, as it is not where the file was made: {', '.join(missing)}\n"
    apply_secrets = f"    tar -xOf FILE secrets.yaml | kubectl -n {namespace} apply --server-side -f -\n"
    command = " ".join(spec.migrate)
    return _README.format(
        name=release.name,
        service=spec.service,
        environment=spec.environment,
        namespace=namespace,
        by=spec.by or "somebody",
        created=spec.created_at,
        image=spec.image,
        revision=spec.revision or "not known",
        source=spec.source or "an unknown repository",
        uncommitted=", with changes that are in no commit" if spec.uncommitted else "",
        secrets="- secrets.yaml      the Secrets: keep this file from others\n" if spec.secrets_from else "",
        copies=copies,
        repositories="\\|".join(repositories),
        apply_secrets=apply_secrets if spec.secrets_from else "",
        migrate=f"\nBefore the service starts, its database is brought up to date by: {command}\n" if command else "",
    )


def read_bundle(documents: Mapping[str, bytes], name: str) -> Bundle:
    """The release of a file called `name`. Raises CannotDeliver when it is not whole."""
    if RELEASE not in documents:
        raise CannotDeliver(
            f"{name} holds no release",
            "take a file that `wherry export` has written; an image alone: wherry image import",
            2,
        )
    try:
        release = msgspec.json.decode(documents[RELEASE], type=Release)
        manifests = documents.get(MANIFESTS, b"").decode()
        secrets = documents.get(SECRETS, b"").decode()
        is_whole = is_as_released(release.spec, manifests, secrets) and release.name == expected_name(release)
    except (msgspec.DecodeError, orjson.JSONDecodeError, UnicodeDecodeError) as error:
        raise CannotDeliver(f"the release in {name} cannot be read: {error}", "export it again", 2) from error
    if not is_whole:
        raise CannotDeliver(f"the release in {name} is not as it was exported: its hashes differ", "export it again", 4)
    return Bundle(release, manifests, secrets)

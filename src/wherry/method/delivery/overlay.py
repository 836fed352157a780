"""The configuration of an environment: its kustomize overlay, rendered by the real kubectl."""

from __future__ import annotations

from pathlib import Path

from wherry.apimachinery.document import Document
from wherry.kit.process import run
from wherry.method.delivery.documents import reference, section, text
from wherry.method.delivery.refusal import CannotDeliver

RENDER_TIMEOUT_S = 60.0
KUSTOMIZATION = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise CannotDeliver(
            f"the overlay {folder} does not exist", "make it, or correct `overlay` of the environment in wherry.toml"
        )
    if not any((folder / name).is_file() for name in KUSTOMIZATION):
        raise CannotDeliver(f"there is no kustomization.yaml in {folder}", "write one that lists the manifests")


async def render(kubectl: Path, folder: Path) -> list[Document]:
    """The manifests of an overlay. Raises CannotDeliver, with what kustomize says, when it has none."""
    _check_folder(folder)
    done = await run([str(kubectl), "kustomize", str(folder)], timeout_s=RENDER_TIMEOUT_S)
    if done.exit_code:
        raise CannotDeliver(
            f"the overlay {folder} cannot be rendered: {done.message().removeprefix('error: ')}",
            f"correct the file that it names, and try: kubectl kustomize {folder}",
        )
    documents = parse_manifests(done.stdout)
    if not documents:
        raise CannotDeliver(f"the overlay {folder} describes nothing", "list its manifests under `resources`")
    return documents


def parse_manifests(data: bytes | str) -> list[Document]:
    """YAML documents, with lists taken apart. Raises CannotDeliver for what is no manifest."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        parsed = [document for document in yaml.load_all(data, Loader=loader) if document is not None]
    except yaml.YAMLError as error:
        place = " ".join(str(error).split())
        raise CannotDeliver(f"the manifests are no YAML: {place}", "correct the file") from error
    found: list[Document] = []
    for document in parsed:
        if not isinstance(document, dict) or not text(document, "apiVersion") or not text(document, "kind"):
            raise CannotDeliver("a manifest lacks apiVersion or kind", "every document of the overlay needs both")
        items = document.get("items")
        is_list = text(document, "kind").endswith("List") and isinstance(items, list)
        found += (
            [item for item in items if isinstance(item, dict)] if is_list and isinstance(items, list) else [document]
        )
    return found


def settle(documents: list[Document], environment: str, namespace: str) -> list[Document]:
    """The manifests without a namespace of their own: an environment is one namespace, and says which."""
    settled = []
    for document in documents:
        metadata, ref = section(document, "metadata"), reference(document)
        named = text(metadata, "namespace") or (ref.name if ref.kind == "Namespace" else "")
        if named and named != namespace:
            raise CannotDeliver(
                f"the overlay puts {ref.kind} {ref.name} into the namespace {named}, "
                f"but the environment {environment} is the namespace {namespace}",
                "leave the namespace out of the overlay, "
                f'or write namespace = "{named}" in [environments.{environment}]',
                4,
            )
        if not ref.name:
            raise CannotDeliver(f"a {ref.kind} of the overlay has no name", "give it metadata.name")
        kept = {key: value for key, value in metadata.items() if key not in ("namespace", "creationTimestamp")}
        settled.append({**document, "metadata": kept})
    return settled

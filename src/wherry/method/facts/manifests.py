"""The manifests of every environment, rendered by the real kustomize, and small questions about them."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from wherry.apimachinery.document import Document
from wherry.kit.process import Completed, run
from wherry.method.facts.facts import EnvironmentFacts

RENDER_TIMEOUT_S = 30.0
OVERLAYS = "deploy/overlays"
PLAIN_FOLDERS = ("manifests", "deploy", "k8s", "kubernetes")
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"})


async def read_environments(
    root: Path, overlays: Mapping[str, str], files: list[str], kubectl: Path | None
) -> tuple[EnvironmentFacts, ...]:
    """Every environment of wherry.toml, or what lies in deploy/overlays, or plain manifests as one."""
    wanted = dict(overlays) or {
        name.split("/")[2]: name.rpartition("/")[0]
        for name in files
        if name.startswith(f"{OVERLAYS}/") and name.endswith(("kustomization.yaml", "kustomization.yml"))
    }
    if wanted:
        rendered = await asyncio.gather(*(_render(root, name, path, kubectl) for name, path in wanted.items()))
        return tuple(rendered)
    for folder in PLAIN_FOLDERS:
        paths = [name for name in files if name.startswith(f"{folder}/") and name.endswith((".yaml", ".yml"))]
        documents = [document for name in paths for document in parse((root / name).read_bytes())]
        if documents:
            return (EnvironmentFacts(folder, folder, tuple(documents)),)
    return ()


async def _render(root: Path, name: str, overlay: str, kubectl: Path | None) -> EnvironmentFacts:
    folder = root / overlay
    if not folder.is_dir():
        return EnvironmentFacts(name, overlay, problem=f"the overlay {overlay} does not exist")
    if kubectl is None:
        return EnvironmentFacts(name, overlay, problem="kubectl is not here, so overlays cannot be rendered")
    done = await run([str(kubectl), "kustomize", str(folder)], timeout_s=RENDER_TIMEOUT_S)
    if done.exit_code:
        done = await _render_with_placeholders(root, overlay, kubectl)
    if done.exit_code:
        return EnvironmentFacts(name, overlay, problem=f"{overlay} cannot be rendered: {done.message()}")
    return EnvironmentFacts(name, overlay, tuple(parse(done.stdout)))


async def _render_with_placeholders(root: Path, overlay: str, kubectl: Path) -> Completed:
    """Render a copy in which the files that are kept out of git (passwords) are empty."""
    top = Path(overlay).parts[0]
    with tempfile.TemporaryDirectory(prefix="wherry-check-") as scratch:
        await asyncio.to_thread(shutil.copytree, root / top, Path(scratch) / top, symlinks=True)
        _fill_missing(Path(scratch) / top)
        return await run([str(kubectl), "kustomize", str(Path(scratch) / overlay)], timeout_s=RENDER_TIMEOUT_S)


def _fill_missing(folder: Path) -> None:
    for path in folder.rglob("kustomization.y*ml"):
        for document in parse(path.read_bytes(), strict=False):
            generators = [*items(document, "secretGenerator"), *items(document, "configMapGenerator")]
            names = [str(name) for entry in generators for key in ("envs", "files") for name in listed(entry, key)]
            for name in names:
                missing = path.parent / name.rpartition("=")[2]
                if not missing.exists() and missing.resolve().is_relative_to(folder.resolve()):
                    missing.parent.mkdir(parents=True, exist_ok=True)
                    missing.touch()


def parse(data: bytes | str, *, strict: bool = True) -> list[Document]:
    """The objects in a YAML text; what is no object is left out."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = [entry for entry in yaml.load_all(data, Loader=loader) if isinstance(entry, dict)]
    except yaml.YAMLError:
        return []
    return [entry for entry in documents if not strict or ("kind" in entry and "apiVersion" in entry)]


def section(document: object, *path: str) -> Document:
    """A map inside a document; {} where there is none."""
    value = document
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def listed(document: object, key: str) -> list[object]:
    """A list inside a document; [] where there is none."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, list) else []


def items(document: object, key: str) -> list[Document]:
    """The maps of a list inside a document."""
    return [entry for entry in listed(document, key) if isinstance(entry, dict)]


def name_of(document: Document) -> str:
    """How a person calls an object: "Deployment orders"."""
    return f"{document.get('kind', '')} {section(document, 'metadata').get('name', '')}"


def pod_spec(document: Document) -> Document:
    """The pod that a workload makes; {} for everything else."""
    kind = document.get("kind")
    if kind == "Pod":
        return section(document, "spec")
    if kind == "CronJob":
        return section(document, "spec", "jobTemplate", "spec", "template", "spec")
    return section(document, "spec", "template", "spec") if kind in WORKLOADS else {}


def pod_labels(document: Document) -> Document:
    """The labels of the pods that a workload makes."""
    kind = document.get("kind")
    return (
        section(document, "metadata", "labels")
        if kind == "Pod"
        else section(document, "spec", "template", "metadata", "labels")
    )


def workloads(environment: EnvironmentFacts, *kinds: str) -> Iterator[tuple[Document, Document]]:
    """Every workload with its pod's spec."""
    for document in environment.manifests:
        if document.get("kind") in (kinds or WORKLOADS) and (spec := pod_spec(document)):
            yield document, spec


def app_workloads(environment: EnvironmentFacts) -> Iterator[tuple[Document, Document]]:
    """The service's own long-running workloads: those that keep no volume of their own."""
    yield from workloads(environment, "Deployment", "DaemonSet", "ReplicaSet")


def containers(spec: Document) -> list[Document]:
    """The containers of a pod, without those that only prepare it."""
    return items(spec, "containers")


def repository_of(image: str) -> str:
    """The image's own name, without registry, tag and digest: registries may differ."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def command_of(container: Document) -> tuple[str, ...]:
    """What a container runs, as far as the manifest says."""
    return tuple(str(word) for key in ("command", "args") for word in listed(container, key))

"""Puts a model into the cluster: the file is the source, the object is the record, as with contracts.

    model.yaml ──digest of what it says──> Model shop (namespace shop-dev), with the commit that it comes from

What says the same and comes from the same commit is not written again. A model that is there already is renewed where
it is, whoever publishes it, so that one system has one record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import orjson

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.method.model import MODELS, ModelSource
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, NotFound, StatusError
from wherry.client.client import Client
from wherry.method.contracts.api import digest_of, read_api
from wherry.method.contracts.catalogue import DOCUMENT_BYTES_MAX, as_json
from wherry.method.contracts.reading import BrokenDocument, read_file
from wherry.method.crds import ensure_kinds
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.source import read_source
from wherry.method.model.form import STATES, BrokenModel
from wherry.method.model.meaning import read_model_text, understand
from wherry.method.model.model import Model
from wherry.method.model.published import Published, documents_of, published_models, read_published
from wherry.method.model.step import Gap
from wherry.method.project import DNS_LABEL
from wherry.method.sharing import share_kinds

DOCUMENTS_BYTES_MAX = 900_000
"""A ConfigMap holds 1 MB."""
ROOT_COMMIT = "git:"
"""How a repository without a remote is called (delivery.source): by its first commit."""
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model.yaml as it stands: what it says, in whose words, and what the system is called in a cluster."""

    path: Path
    model: Model
    name: str
    now: object
    next: object

    @property
    def digest(self) -> str:
        """The digest of what both states say."""
        return digest_of({"now": self.now, "next": self.next})


def read_model_file(path: Path) -> ModelFile:
    """Read a model, to be published or compared. Raises BrokenModel."""
    text = read_model_text(path)
    model = understand(text, path.name, path.parent)
    name = model.name or name_from(path.absolute().parent.name)
    # An API server leaves out what is null, and the digest is of what is there.
    states = {state: _without_nulls(text.data.get(state)) for state in STATES}
    return ModelFile(path, model, name, states["now"], states["next"])


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def name_from(folder: str) -> str:
    """What a system is called that does not say: its folder, as a name that a cluster takes."""
    name = _NOT_IN_NAMES.sub("-", folder.lower()).strip("-")[:60].strip("-")
    return name if DNS_LABEL.fullmatch(name) else "system"


def _document_files(model: Model, folder: Path) -> list[tuple[str, Path]]:
    """The files of the contracts of the next state: those that are named, or stand where a skeleton keeps them."""
    named = [
        (promise.name, folder / (promise.document or f"contracts/provides/{promise.name}.openapi.yaml"))
        for service in model.next.values()
        for promise in service.provides
    ]
    return [(name, file) for name, file in named if file.is_file()]


def _document(file: Path) -> str:
    try:
        text = read_file(file)
        read_api(text)
    except BrokenDocument as error:
        raise BrokenModel(str(file), [(error.message, error.remedy)]) from error
    return as_json(text.data)


def documents_beside(model: Model, path: Path) -> dict[str, str]:
    """The contracts' documents in the files beside a model, as JSON, by the contract's name. Raises BrokenModel."""
    found = {contract: _document(file) for contract, file in _document_files(model, path.parent)}
    if sum(len(one.encode()) for one in found.values()) > DOCUMENTS_BYTES_MAX:
        problem = f"{path}: the documents of its contracts have more than {DOCUMENTS_BYTES_MAX // 1000} kB in all"
        remedy = "publish them with wherry contract expose, and name none in the model"
        raise BrokenModel(str(path), [(problem, remedy)])
    return found


async def _source(path: Path, files: Iterable[Path]) -> ModelSource:
    folder, names = _names(path, files)
    try:
        found = await read_source(folder)
    except CannotDeliver:
        return ModelSource(file=path.name, uncommitted=True)
    is_changed = bool(names & {*found.changed, *found.ignored})
    return ModelSource(file=path.name, repository=found.repository, revision=found.revision, uncommitted=is_changed)


def _names(path: Path, files: Iterable[Path]) -> tuple[Path, set[str]]:
    """The model's folder, and the names in it of the files that belong to the model."""
    folder = path.absolute().parent
    inside = (one for file in files if (one := file.absolute()).is_relative_to(folder))
    return folder, {one.relative_to(folder).as_posix() for one in inside}


async def publish(client: Client, file: ModelFile, namespace: str, *, by: str) -> tuple[Published, bool]:
    """Have the cluster hold what the file says: the record, and whether anything was written.

    Args:
        client: whose rights count.
        file: what is to be published.
        namespace: where a model goes that is not there yet.
        by: who publishes.

    Raises:
        BrokenModel: when a document that belongs to it cannot be used, or another system has its name.
        Forbidden: when the kind is not there and may not be made, or this namespace is not the person's.
        NotFound: when there is no such namespace.
    """
    files = [document for _, document in _document_files(file.model, file.path.parent)]
    documents, source = documents_beside(file.model, file.path), await _source(file.path, [file.path, *files])
    await _ensure_kind(client)
    record = await _find_record(client, file, source.repository, namespace)
    if record is not None and _is_current(record, file, source) and await documents_of(client, record) == documents:
        return record, False
    home = record.namespace if record is not None else namespace
    kept_in = await _keep_large(client, home, f"{file.name}-model", documents)
    spec = {
        **({"now": file.now} if file.now is not None else {}),
        "next": file.next,
        "digest": file.digest,
        "source": msgspec.to_builtins(source),
        "documents": {} if kept_in else documents,
        "documentsFrom": kept_in,
        "by": by,
        "at": _now(),
    }
    made = await client.apply(MODELS, file.name, {"metadata": {"name": file.name}, "spec": spec}, home, force=True)
    return read_published(made), True


async def _find_record(client: Client, file: ModelFile, repository: str, namespace: str) -> Published | None:
    """The record of this very system; a namesake of another repository is somebody else's, and is left alone."""
    same = [one for one in await published_models(client) if one.name == file.name]
    mine = next((one for one in same if _is_of(one.spec.source.repository, repository)), None)
    taken = next((one for one in same if one.namespace == namespace), None)
    if mine is None and taken is not None:
        problem = f"the model {taken.id} is of another repository ({taken.origin})"
        raise BrokenModel(str(file.path), [(problem, "give this one a name of its own, at its top: name: NAME")])
    return mine


def _is_of(known: str, repository: str) -> bool:
    """Whether a record is of this repository; it may have had no repository, or no remote, when it was published."""
    has_got_a_remote = known.startswith(ROOT_COMMIT) and not repository.startswith(ROOT_COMMIT)
    return known in ("", repository) or (has_got_a_remote and repository != "")


def _is_current(record: Published, file: ModelFile, source: ModelSource) -> bool:
    spec = record.spec
    return (spec.digest, spec.source) == (file.digest, source) and record.is_as_published


async def _keep_large(client: Client, namespace: str, name: str, documents: Mapping[str, str]) -> str:
    """Put documents that are too large for the object into one of their own; its name, "" when they are not."""
    if sum(len(one.encode()) for one in documents.values()) <= DOCUMENT_BYTES_MAX:
        return ""
    config: Document = {"metadata": {"name": name}, "data": dict(documents)}
    await client.apply(CONFIG_MAPS, name, config, namespace, force=True)
    return name


async def _ensure_kind(client: Client) -> None:
    try:
        await client.list(MODELS, limit=1)
    except (NotFound, Forbidden):
        await ensure_kinds(client, "models")
        await share_kinds(client, "models", ("models", "models/status"))


async def note_gap(client: Client, record: Published, gap: Gap) -> None:
    """Let kubectl show how far it is, if we may. It is never believed: everybody computes it anew."""
    status: Document = {"says": gap.sentence, "done": len(gap.steps) - len(gap.left), "steps": len(gap.steps)}
    path = MODELS.url(record.namespace, record.name, "status")
    body = orjson.dumps({"status": {**status, "at": _now()}})
    try:
        await client.request("PATCH", path, body=body, content_type="application/merge-patch+json")
    except StatusError:
        return


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Read needs: Pact files, and OpenAPI documents that hold only what is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wherry.method.contracts.api import Api, Operation, read_api
from wherry.method.contracts.need import Need, Wish
from wherry.method.contracts.pact import read_pact
from wherry.method.contracts.reading import BrokenDocument, Text, read_file


def read_needs(folder: Path, consumer: str) -> list[Need]:
    """The needs in a folder (contracts/needs), in the order of their names. Raises BrokenDocument."""
    files = sorted(path for path in folder.glob("*") if is_need(path))
    return [read_need(read_file(path), consumer=consumer) for path in files]


def is_need(path: Path) -> bool:
    """Whether a file in such a folder is one; a README is none."""
    return path.suffix in (".json", ".yaml", ".yml")


def read_need(text: Text, *, consumer: str) -> Need:
    """Read one need. An OpenAPI document does not say whose it is: its file is named after the provider.

    Raises BrokenDocument.
    """
    if "interactions" in text.data or "consumer" in text.data:
        return read_pact(text)
    if "openapi" not in text.data:
        raise BrokenDocument(
            f"{text.name} is neither a Pact file nor an OpenAPI document",
            "a Pact file has consumer, provider and interactions; an OpenAPI document begins with openapi: 3.1.0",
        )
    return need_of_api(read_api(text), text, consumer=consumer)


def need_of_api(api: Api, text: Text, *, consumer: str) -> Need:
    """The need that an OpenAPI document describes: everything in it is used."""
    provider = text.data.get("x-provider") or Path(text.name).name.partition(".")[0]
    wishes = tuple(wish for operation in api.operations for wish in _wishes(operation))
    if not wishes:
        raise BrokenDocument(f"{text.name} asks for nothing", "write the operations that are used below paths:")
    return Need(text.name, consumer, str(provider), api.digest, wishes, text.data)


def _wishes(operation: Operation) -> Iterator[Wish]:
    """One for each status that is expected; the request goes with the first."""
    for status, answer in operation.answers.items():
        yield Wish(
            name=operation.name,
            method=operation.method,
            path=operation.path,
            parameters=operation.parameters,
            body=operation.body,
            status=status,
            answer=answer,
        )

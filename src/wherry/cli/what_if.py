"""From the words on the command line to a change that can be tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, cast

import yaml

from wherry.apimachinery.document import Document
from wherry.cli.troubles import known
from wherry.narrate.intent import Change, Scale


def read_change(files: Sequence[object], nodes: Sequence[str], scales: Sequence[str], namespace: str) -> Change:
    """The change that somebody has typed. Raises Trouble for what cannot be understood."""
    documents: list[Document] = []
    for file in files:
        documents += read_documents(cast("BinaryIO", file).read(), str(getattr(file, "name", "the file")))
    return Change(
        documents=tuple(documents),
        scales=tuple(read_scale(text) for text in scales),
        nodes_down=tuple(name.removeprefix("node/") for name in nodes),
        namespace=namespace,
    )


def read_documents(text: bytes, name: str) -> list[Document]:
    """The objects in a file of YAML or JSON; lists of objects are taken apart."""
    try:
        loaded = [one for one in yaml.safe_load_all(text) if one is not None]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise known("W0221", file=name, error=" ".join(str(error).split())) from error
    found: list[Document] = []
    for one in loaded:
        if not isinstance(one, dict):
            raise known("W0221", file=name, error=f"a {type(one).__name__} is no object")
        items = one.get("items")
        found += [item for item in items if isinstance(item, dict)] if isinstance(items, list) else [one]
    return found


def read_scale(text: str) -> Scale:
    """NAME=COPIES."""
    thing, equals, number = text.rpartition("=")
    if not (thing and equals and number.isdigit() and len(number) < 10):
        raise known("W0222", text=text)
    return Scale(thing=thing, replicas=int(number))

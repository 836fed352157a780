"""Needs as Pact files, for the tools of that world. What has no example cannot be said there, and is told."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.method.contracts.api import path_variables
from wherry.method.contracts.examples import example
from wherry.method.contracts.need import Need, Wish

VERSION = "3.0.0"


def as_pact(need: Need) -> tuple[Document, list[str]]:
    """The Pact file, and a sentence for each request that is not in it."""
    if "interactions" in need.content:
        return dict(need.content), []
    kept = [wish for wish in need.wishes if not _hindrance(wish)]
    left_out = [
        f"{wish.request} {wish.status} is left out: {_hindrance(wish)}." for wish in need.wishes if _hindrance(wish)
    ]
    document: Document = {
        "consumer": {"name": need.consumer},
        "provider": {"name": need.provider},
        "interactions": [_interaction(wish) for wish in kept],
        "metadata": {"pactSpecification": {"version": VERSION}},
    }
    return document, left_out


def _hindrance(wish: Wish) -> str:
    if path_variables(wish.path):
        return "its path has variables and no example"
    return "" if wish.status.isdigit() else f"{wish.status} is no single status"


def _interaction(wish: Wish) -> Document:
    request: Document = {"method": wish.method, "path": wish.path}
    query = {one.name: [str(example(one.schema))] for one in wish.parameters.values()
             if one.where == "query" and one.required}  # fmt: skip
    if query:
        request["query"] = query
    if wish.body is not None:
        media, schema = next(iter(wish.body.content.items()))
        request |= {"headers": {"Content-Type": media}, "body": example(schema)}
    response: Document = {"status": int(wish.status)}
    if wish.answer.content:
        media, schema = next(iter(wish.answer.content.items()))
        rules = {"body": {"$": {"matchers": [{"match": "type"}], "combine": "AND"}}}
        response |= {"headers": {"Content-Type": media}, "body": example(schema), "matchingRules": rules}
    return {"description": wish.name, "request": request, "response": response}

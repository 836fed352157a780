"""Whether a model makes sense: somebody provides what is needed, and in the next state a database has one owner."""

from __future__ import annotations

import difflib
from collections import Counter
from pathlib import Path

from wherry.method.contracts.reading import BrokenDocument, Text, read_file
from wherry.method.model.form import BrokenModel, Complaints, read_form
from wherry.method.model.model import Model, Service, provider_of


def read_model(path: Path) -> Model:
    """Read a model.yaml and check it. Raises BrokenModel with everything that is wrong."""
    return understand(read_model_text(path), path.name, path.parent)


def read_model_text(path: Path) -> Text:
    """A model.yaml as plain data. Raises BrokenModel when it is no document at all."""
    try:
        return read_file(path)
    except BrokenDocument as error:
        raise BrokenModel(str(path), [(error.message, error.remedy)]) from error


def understand(text: Text, source: str, folder: Path | None = None) -> Model:
    """What a document says as a model. Raises BrokenModel with everything that is wrong.

    `folder` is where the files are that it names; None where only the document is at hand.
    """
    model, complaints = read_form(text, source)
    for state, services in (("now", model.now), ("next", model.next)):
        for index, service in enumerate(_in_file_order(complaints, state, services)):
            if service is not None:
                at = (state, "services", str(index))
                _check_promises(complaints, at, service, folder)
                _check_needs(complaints, at, service, services, state)
                _check_origin(complaints, at, service, model, state)
    _check_owners(complaints, model)
    if complaints.found:
        raise BrokenModel(text.name, complaints.sentences())
    return model


def _in_file_order(complaints: Complaints, state: str, services: dict[str, Service]) -> list[Service | None]:
    """The services at their places in the file; None where one could not be read."""
    part = complaints.text.data.get(state)
    listed = part.get("services") if isinstance(part, dict) else None
    entries = listed if isinstance(listed, list) else []
    return [services.get(str(entry.get("name"))) if isinstance(entry, dict) else None for entry in entries]


def _check_promises(complaints: Complaints, at: tuple[str, ...], service: Service, folder: Path | None) -> None:
    for index, promise in enumerate(service.provides):
        place = (*at, "provides", str(index))
        if provider_of(promise.name) != service.name:
            complaints.add(
                place,
                f"{promise.name} is not {service.name}'s to give",
                f"a contract is named after its service: {service.name}.v1",
            )
        if folder is not None and promise.document and not (folder / promise.document).is_file():
            complaints.add((*place, "document"), f"{promise.document} is not there", "write it, or take the field out")


def _check_needs(
    complaints: Complaints, at: tuple[str, ...], service: Service, services: dict[str, Service], state: str
) -> None:
    provided = {promise.name for one in services.values() for promise in one.provides}
    for index, need in enumerate(service.needs):
        place = (*at, "needs", str(index))
        provider = provider_of(need)
        if provider == service.name:
            complaints.add(place, f"{service.name} needs itself", "take it out")
        elif need not in provided:
            complaints.add(place, f"nobody provides {need} in {state}", _way_to(need, services, provided))


def _way_to(need: str, services: dict[str, Service], provided: set[str]) -> str:
    provider = provider_of(need)
    other = sorted(name for name in provided if provider_of(name) == provider)
    if other:
        return f"{provider} provides {', '.join(other)}: need that, or let it provide {need} too"
    if provider in services:
        return f"add {need} to what {provider} provides"
    near = difflib.get_close_matches(provider, services, 1)
    return (
        f"did you mean {near[0]}?" if near else f"add the service {provider}; with outside: true if it runs elsewhere"
    )


def _check_origin(complaints: Complaints, at: tuple[str, ...], service: Service, model: Model, state: str) -> None:
    place = (*at, "from")
    if not service.origin:
        return
    if state == "now":
        complaints.add(place, "what is there now has been split already", "take it out; from belongs into next")
    elif service.origin == service.name:
        complaints.add(place, f"{service.name} cannot be split out of itself", "name the service that it was part of")
    elif model.now and service.origin not in model.now:
        remedy = f"add {service.origin} to now, or name one of {', '.join(model.now)}"
        complaints.add(place, f"{service.origin} is not there now", remedy)


def _check_owners(complaints: Complaints, model: Model) -> None:
    """In the next state a database has one owner: who shares one cannot be changed, released or scaled alone."""
    named = {
        index: (service.name, service.database.name)
        for index, service in enumerate(_in_file_order(complaints, "next", model.next))
        if service is not None and service.database is not None and service.database.name
    }
    owners = Counter(database for _, database in named.values())
    for index, (service, database) in named.items():
        if owners[database] > 1:
            others = [name for name, shared in named.values() if shared == database and name != service]
            complaints.add(
                ("next", "services", str(index), "database", "name"),
                f"{service} and {' and '.join(others)} share {database}",
                "give each a database of its own: others ask its API",
            )

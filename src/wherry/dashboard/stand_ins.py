"""Running a stand-in from a page: the form, what it does in the person's name, and the same with kubectl."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

import yaml

from wherry.apimachinery.errors import BadRequest, Conflict, NotFound
from wherry.client.client import Client
from wherry.dashboard.markup import element_id, hidden_fields, link, text, twin, url, with_terms
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.stand_in import LABEL
from wherry.method.contracts.stand_in_pods import put_stand_in, take_stand_in
from wherry.method.model.future import StandIn, prepare_stand_ins
from wherry.method.model.model import Service
from wherry.method.model.published import documents_of, published_models

Form = Mapping[str, str]
Action = Callable[[Client, Form, float], Awaitable[tuple[str, str]]]


def start_form(service: str, namespaces: Iterable[str], namespace: str, back: str) -> str:
    """A form that runs a stand-in for a service that exists only as a contract."""
    options = "".join(f"<option>{text(one)}</option>" for one in namespaces)
    fields = hidden_fields(service=service, back=back)
    file = url("files", "stand-in", f"{service}.yaml")
    where = namespace or "NAMESPACE"
    spaces = text(element_id("spaces", namespace, service))
    return (
        f'<details class="action"><summary>Run a stand-in<span class="hidden"> of {text(service)}</span></summary>'
        f'<form method="post" action="/ui/actions/stand-in">{fields}'
        f"<p>{with_terms('A pod answers from the contract, so that others can build on it. It keeps nothing.')}</p>"
        f'<label>Namespace <input name="namespace" value="{text(namespace)}" list="{spaces}" required>'
        f'</label><datalist id="{spaces}">{options}</datalist>'
        f'<button type="submit">Run a stand-in of {text(service)}</button>'
        f"{twin(f'kubectl -n {where} apply -f {service}.yaml')}<p>{link(file, f'The file {service}.yaml')}</p>"
        "</form></details>"
    )


def end_form(service: str, namespace: str, back: str) -> str:
    """A form that takes a stand-in away again."""
    fields = hidden_fields(service=service, namespace=namespace, back=back)
    command = f"kubectl -n {namespace} delete configmap,deployment,service -l {LABEL}={service}"
    return (
        f'<details class="action"><summary>Take the stand-in away<span class="hidden"> of {text(service)} in '
        f'{text(namespace)}</span></summary><form method="post" action="/ui/actions/no-stand-in">{fields}'
        f'<button type="submit">Take it away from {text(namespace)}</button>{twin(command)}</form></details>'
    )


def starting(make_image: Callable[[], Awaitable[None]]) -> Action:
    """The action that runs a stand-in, once the image that it needs can be made here."""

    async def start(client: Client, form: Form, now_s: float) -> tuple[str, str]:
        said = await _start(client, form)
        # Only who may run it gets this far; the pod waits for its image, and starts when it is there.
        await make_image()
        return said

    return start


async def _start(client: Client, form: Form) -> tuple[str, str]:
    """Run a stand-in of a service in a namespace. Raises StatusError."""
    service, namespace = _need(form, "service"), _need(form, "namespace")
    made = await stand_in_of(client, service)
    try:
        await put_stand_in(client, namespace, service, made.objects)
    except NotPossible as error:
        raise Conflict(f"{error}. Do: {error.remedy}.") from error
    except NotFound as error:
        raise NotFound(f"There is no namespace {namespace}. Make one: kubectl create namespace {namespace}") from error
    where = f"http://{service}.{namespace}:{made.port}"
    return f"A stand-in of {service} answers at {where} in a moment, from its contract.", _back(form)


async def end_stand_in(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    """Take a stand-in away. Raises StatusError."""
    service, namespace = _need(form, "service"), _need(form, "namespace")
    if not await take_stand_in(client, namespace, service):
        raise NotFound(f"There is no stand-in of {service} in {namespace} (any more).")
    return f"The stand-in of {service} is gone from {namespace}.", _back(form)


async def stand_in_of(client: Client, service: str) -> StandIn:
    """A service's stand-in: from a document that came with a model, else from what is published. Raises StatusError."""
    wanted, documents = Service(service), dict[str, str]()
    for one in await published_models(client):
        found = one.model.next.get(service) if one.model is not None else None
        if found is not None and found.provides:
            wanted, documents = found, dict(await documents_of(client, one))
            break
    try:
        ready, _ = await prepare_stand_ins(client, [wanted], documents)
    except BrokenDocument as error:
        raise BadRequest(f"{error.message}. Do: {error.remedy}.") from error
    if not ready:
        raise NotFound(f"{service} has no contract yet, so nothing can stand in for it. Do: wherry contract expose")
    return ready[0]


async def stand_in_file(client: Client, service: str) -> str:
    """The objects of a stand-in as a file for kubectl. Raises StatusError."""
    return yaml.safe_dump_all((await stand_in_of(client, service)).objects, sort_keys=False, allow_unicode=True)


def _need(form: Form, name: str) -> str:
    value = form.get(name, "").strip()
    if not value or "/" in value or value in (".", ".."):
        raise BadRequest(f'the form lacks a good value for "{name}"')
    return value


def _back(form: Form) -> str:
    """The page where the form stands; nobody is led elsewhere."""
    back = form.get("back", "")
    return back if back.startswith("/ui/") and back.isprintable() and "\\" not in back else url("future")

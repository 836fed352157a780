"""A change of an object as YAML: tried first, shown as a difference, then made; always by server-side apply.

The API server says what would come of it (a dry run), so the difference is the truth with its defaults and checks. Who
owns a field that would change is named, and is overruled only when the person says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import orjson
import yaml

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, Conflict, StatusError
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import APPLY_CONTENT_TYPE, Client
from wherry.dashboard.detail.kinds import readable_kind
from wherry.dashboard.detail.tabs import overview_of
from wherry.dashboard.detail.yaml_text import as_yaml, diff_html, editable
from wherry.dashboard.markup import checkbox, hidden_fields, link, text, twin, url, with_terms
from wherry.kit.http.types import read_body

MANAGER = "wherry-dashboard"
STAYING_SHOWN = 10
ROWS = 24


def edit_form(resource: AnyResourceType, namespace: str, name: str, content: str) -> str:
    """Where a person writes the change."""
    fields = hidden_fields(kind=resource.kind, namespace=namespace, name=name)
    return (
        f'<form method="post" action="/ui/trials/change">{fields}'
        f'<label class="area">The wish <textarea name="yaml" rows="{ROWS}" spellcheck="false" wrap="off" required>'
        f"\n{text(content)}</textarea></label>"
        "<p>Nothing changes yet: the next page shows what would.</p>"
        '<button type="submit">Show what would change</button>'
        "</form>"
    )


async def try_change(client: Client, form: Mapping[str, str]) -> tuple[str, str]:
    """What would come of a change, as the title and the main part of a page. Raises StatusError."""
    resource, namespace, name = _target(form)
    content = form.get("yaml", "")
    before = editable(resource, await client.get_document(resource, name, namespace))
    conflict = ""
    try:
        after = await _apply(client, resource, namespace, name, content, dry_run=True, force=False)
    except Conflict as error:
        conflict = error.message
        after = await _apply(client, resource, namespace, name, content, dry_run=True, force=True)
    wished = editable(resource, after)
    change = diff_html(as_yaml(before), as_yaml(wished))
    said = "This is what would change." if change else "Nothing would change."
    staying = _staying(before, content, wished)
    back = link(url("yaml", resource.kind, namespace, name), "Back without a change")
    main = f'<p class="headline">{said}</p>{change}{_staying_note(staying)}'
    if change:
        main += _agree_form(resource, namespace, name, content, conflict)
    return f"A change of {name}", f"{main}{edit_again(resource, namespace, name, content)}<p>{back}</p>"


def edit_again(resource: AnyResourceType, namespace: str, name: str, content: str) -> str:
    """The same text once more, to go on with."""
    form = edit_form(resource, namespace, name, content)
    return f'<details class="action edit"><summary>Change it further</summary>{form}</details>'


def written_again(form: Mapping[str, str]) -> str:
    """The editor with what somebody has written, after a refusal; "" where the form was another one."""
    try:
        resource, namespace, name = _target(form)
    except StatusError:
        return ""
    return edit_form(resource, namespace, name, form["yaml"])


async def change(client: Client, form: Mapping[str, str], now_s: float) -> tuple[str, str]:
    """Make it: an action, see actions.py. Raises StatusError."""
    resource, namespace, name = _target(form)
    try:
        await _apply(client, resource, namespace, name, form.get("yaml", ""), dry_run=False, force="force" in form)
    except Conflict as error:
        raise Conflict(f"{error.message}. Nothing was changed: say that you take these fields over") from error
    return f"{resource.kind} {name} is changed.", overview_of(resource.kind, namespace, name)


async def _apply(
    client: Client,
    resource: AnyResourceType,
    namespace: str,
    name: str,
    content: str,
    *,
    dry_run: bool,
    force: bool,
) -> Document:
    # The text goes to the API server as it is: it reads YAML safely and says what is wrong with it.
    asked = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
    asked |= {"dryRun": "All"} if dry_run else {}
    asked |= {"force": "true"} if force else {}
    path, body = resource.url(namespace, name), content.encode()
    answer = await client.request("PATCH", path, urlencode(asked), body, content_type=APPLY_CONTENT_TYPE)
    found: Document = orjson.loads(await read_body(answer))
    return found


def _target(form: Mapping[str, str]) -> tuple[AnyResourceType, str, str]:
    kind, namespace, name = (form.get(key, "") for key in ("kind", "namespace", "name"))
    if not all((kind, namespace, name)) or "/" in namespace + name or not form.get("yaml", "").strip():
        raise BadRequest("the form lacks the object or its YAML")
    return readable_kind(kind), namespace, name


def _agree_form(resource: AnyResourceType, namespace: str, name: str, content: str, conflict: str) -> str:
    fields = hidden_fields(kind=resource.kind, namespace=namespace, name=name, yaml=content)
    take_over = ""
    if conflict:
        take_over = (
            f'<p class="trouble">{with_terms("Somebody else has set some of these fields: ")}{text(conflict)}</p>'
            f"<p>{checkbox('force', 'Take these fields over', is_checked=False)}</p>"
        )
    return (
        f'<form method="post" action="/ui/actions/change" class="agree">{fields}{take_over}'
        f"{twin('kubectl apply --server-side -f FILE')}"
        f'<button type="submit">Make this change of {text(name)}</button></form>'
    )


def _staying(before: Document, content: str, after: Document) -> list[str]:
    """The fields that the text leaves out and that stay all the same, as others have set them."""
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(content, Loader=yaml.SafeLoader)):
            return []
        wished = yaml.safe_load(content)
    except yaml.YAMLError:
        return []
    return [path for path in _left_out(before, wished, "") if _has(after, path)]


def _left_out(before: object, wished: object, path: str) -> Iterator[str]:
    if not isinstance(before, dict) or not isinstance(wished, dict):
        return
    for key, value in before.items():
        inner = f"{path}.{key}" if path else str(key)
        if key not in wished:
            yield inner
        else:
            yield from _left_out(value, wished[key], inner)


def _has(document: object, path: str) -> bool:
    for step in path.split("."):
        if not isinstance(document, dict) or step not in document:
            return False
        document = document[step]
    return True


def _staying_note(staying: list[str]) -> str:
    if not staying:
        return ""
    items = "".join(f"<li><code>{text(path)}</code></li>" for path in staying[:STAYING_SHOWN])
    return (
        "<p>You have taken these out, but they stay, because others have set them. Give them another value instead, "
        f'or use <code>kubectl edit</code>.</p><ul class="plain">{items}</ul>'
    )

"""The address that the masters tell by themselves: a Secret of the cluster, which its notifier follows."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import orjson

from wherry.api.core.componentstatus import COMPONENT_STATUSES
from wherry.api.core.secret import SECRETS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.apimachinery.timestamps import format_time
from wherry.cli.troubles import known
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.narrate.incidents import Notice
from wherry.narrate.masters import NOTICES, reason_of
from wherry.narrate.notifier import FIELD, NAMESPACE, SECRET, url_in
from wherry.narrate.webhook import Webhook, deliver, message

TRIED = "wherry.dev/tried-at"


async def set_webhook(client: Client, url: str) -> None:
    """Let the masters tell this address. Raises Trouble where they tell nobody."""
    version = orjson.loads(await read_body(await client.request("GET", "/version")))
    if "wherry" not in str(version.get("gitVersion")):
        raise known("W0229")
    data = {FIELD: base64.b64encode(url.encode()).decode()}
    wanted: Document = {"metadata": {"name": SECRET, "namespace": NAMESPACE}, "data": data}
    _ = await client.apply(SECRETS, SECRET, wanted, NAMESPACE, force=True)


async def unset_webhook(client: Client) -> bool:
    """Let them tell nobody; whether there was somebody."""
    try:
        _ = await client.delete(SECRETS, SECRET, NAMESPACE)
    except NotFound:
        return False
    return True


async def masters_url(client: Client) -> str:
    """The address that they tell; "" when there is none."""
    try:
        return url_in((await client.get(SECRETS, SECRET, NAMESPACE)).data)
    except NotFound:
        return ""


async def masters_trouble(client: Client) -> str:
    """Why their messages reach nobody; "" while they do."""
    try:
        return reason_of(await client.get(COMPONENT_STATUSES, NOTICES))
    except NotFound:
        return ""


async def try_webhook(webhook: Webhook, mend: str) -> None:
    """Send one message that says that it is a trial. Raises Trouble when it is not taken; `mend` is the way out."""
    sentence = "This is a trial: messages of this cluster reach you here."
    at = format_time(datetime.now(UTC).timestamp())
    notice = Notice(state="ended", sentence=sentence, next="wherry status", thing="trial", namespace="", at=at)
    refusal = await deliver(webhook, message(notice))
    if refusal is not None:
        raise known("W0228", name=webhook.name, why=refusal.why, do=mend)


async def try_again(client: Client) -> None:
    """Tell the masters that the address was tried with success: what they could not tell goes out at once."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    tried: Document = {"metadata": {"annotations": {TRIED: now}}}
    _ = await client.patch(SECRETS, SECRET, tried, NAMESPACE)

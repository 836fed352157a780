"""Doing without a criterion for a while, from the page: who, why and until when, kept beside the release."""

from __future__ import annotations

import datetime
import json
import shlex
from collections.abc import Mapping

from wherry.apimachinery.errors import BadRequest
from wherry.client.client import Client
from wherry.dashboard.boards import ReleaseBoard
from wherry.dashboard.markup import hidden_fields, text, twin, url
from wherry.method.delivery.requester import requester
from wherry.method.done.agreement import Waiver
from wherry.method.done.board import DONE
from wherry.method.done.criteria import KNOWN
from wherry.method.done.standard import standard_name
from wherry.method.done.waivers import keep_waiver, waiver_patch
from wherry.method.evidence.verdict import Verdict

LATER_DAYS = 30
WHY_CHARS_MAX = 300


def waive_form(found: ReleaseBoard, verdict: Verdict, now_s: float) -> str:
    """The section of the page."""
    name = verdict.criterion
    here = next((one for one in found.standard.waived_here if one.criterion == name), None)
    body = _end_form(found, here) if here is not None else ""
    if verdict.word in DONE:
        body += "<p>What is true needs no waiver.</p>"
    elif not found.has_standard:
        body += "<p>A waiver stands beside the team's standard, and that is not here: <code>wherry done</code></p>"
    else:
        body += _form(found, name, now_s)
    return f'<section id="waive"><h2>Do without it for a while</h2>{body}</section>'


def _form(found: ReleaseBoard, criterion: str, now_s: float) -> str:
    today = datetime.datetime.fromtimestamp(now_s, datetime.UTC).date()
    later = (today + datetime.timedelta(days=LATER_DAYS)).isoformat()
    example = Waiver(criterion, "YOU", "REASON", datetime.date.fromisoformat(later))
    return (
        '<details class="action"><summary>Waive it until a day</summary>'
        '<form method="post" action="/ui/actions/waive">'
        f"{_fields(found, criterion)}"
        f'<label>Last day <input type="date" name="until" min="{today.isoformat()}" value="{later}" required></label> '
        f'<label>Why <input type="text" name="why" maxlength="{WHY_CHARS_MAX}" required></label>'
        "<p>It counts for the releases here, on this board and at the gate. In the repository it counts everywhere:</p>"
        f"<p><code>{text(f'wherry waive {criterion} --why REASON --until {later}')}</code></p>"
        f'{twin(_patch_command(found, criterion, example))}<button type="submit">Waive it</button></form></details>'
    )


def _end_form(found: ReleaseBoard, waiver: Waiver) -> str:
    said = f"{waiver.who} has waived it here until {waiver.until}: {waiver.why}"
    return (
        f'<p>{text(said)}</p><details class="action"><summary>End this waiver</summary>'
        f'<form method="post" action="/ui/actions/unwaive">{_fields(found, waiver.criterion)}'
        f"{twin(_patch_command(found, waiver.criterion, None))}"
        '<button type="submit">End the waiver</button></form></details>'
    )


def _fields(found: ReleaseBoard, criterion: str) -> str:
    return hidden_fields(
        namespace=found.release.metadata.namespace,
        release=found.name,
        service=found.release.spec.service,
        criterion=criterion,
    )


def _patch_command(found: ReleaseBoard, criterion: str, waiver: Waiver | None) -> str:
    patch = json.dumps(waiver_patch(waiver, criterion), ensure_ascii=False)
    thing = f"configmap {standard_name(found.release.spec.service)}"
    return f"kubectl -n {found.release.metadata.namespace} patch {thing} --type merge -p {shlex.quote(patch)}"


async def waive(client: Client, form: Mapping[str, str], now_s: float) -> tuple[str, str]:
    """Keep a waiver in the person's name: an action, see actions.py. Raises StatusError."""
    namespace, service, criterion, page = _target(form)
    why = " ".join(form.get("why", "").split())
    if not why or len(why) > WHY_CHARS_MAX:
        raise BadRequest(f"a waiver needs a reason, of not more than {WHY_CHARS_MAX} characters")
    try:
        until = datetime.date.fromisoformat(form.get("until", ""))
    except ValueError as error:
        raise BadRequest("a waiver needs its last day, such as 2030-01-31") from error
    if until < datetime.datetime.fromtimestamp(now_s, datetime.UTC).date():
        raise BadRequest(f"{until} is over: such a waiver counts for nothing; name a later day")
    waiver = Waiver(criterion, await requester(client, "somebody"), why, until)
    await keep_waiver(client, namespace, standard_name(service), criterion, waiver)
    return f"{criterion} is waived until {until}.", page


async def unwaive(client: Client, form: Mapping[str, str], now_s: float) -> tuple[str, str]:
    """Take a waiver back that was made here. Raises StatusError."""
    namespace, service, criterion, page = _target(form)
    await keep_waiver(client, namespace, standard_name(service), criterion, None)
    return f"{criterion} is asked for again.", page


def _target(form: Mapping[str, str]) -> tuple[str, str, str, str]:
    names = [form.get(key, "") for key in ("namespace", "release", "service", "criterion")]
    if any(not one or "/" in one or one in (".", "..") for one in names):
        raise BadRequest("the form lacks the release or the criterion")
    namespace, release, service, criterion = names
    if criterion not in KNOWN:
        raise BadRequest(f'there is no criterion "{criterion}"')
    return namespace, service, criterion, url("done", criterion, namespace, release)

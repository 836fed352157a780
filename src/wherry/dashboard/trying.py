"""What-if as a page: the form becomes a change, the forecast becomes sentences and a picture. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import yaml

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.client.client import Client
from wherry.dashboard.markup import link, steps, text, twin, url, with_terms
from wherry.dashboard.surroundings import WhatIf
from wherry.narrate.facts import NodeFacts, PodFacts
from wherry.narrate.forecast import Forecast
from wherry.narrate.forecast_templates import FORECAST
from wherry.narrate.intent import Change, Scale

NODES_SHOWN = 60
PODS_SHOWN = 30
COPIES_DIGITS_MAX = 9
MARKS = {"new": "would start", "gone": "would stop", "": ""}


async def try_what_if(what_if: WhatIf, client: Client, form: Mapping[str, str]) -> str:
    """The main part of the answer's page. Raises StatusError."""
    change = read_form(form)
    found = await what_if(client, change)
    return "".join(
        (
            f'<p id="verdict" class="headline">{"✓" if found.fits else "✕"} {with_terms(found.sentence)}</p>',
            f'<ul class="lines">{"".join(f"<li>{text(line)}</li>" for line in found.lines)}</ul>',
            steps(found.next) if found.next else "",
            *_waiting(found),
            *_picture(found),
            f"<p>Nothing has been changed. {text(FORECAST['assumes'].text)} {link(url('what-if'), 'Ask again')}</p>",
            twin(_command(form)),
        )
    )


def read_form(form: Mapping[str, str]) -> Change:
    """The change that a form describes. Raises BadRequest."""
    node, thing, copies = form.get("node", ""), form.get("thing", ""), form.get("copies", "").strip()
    if bool(thing) != bool(copies):
        raise BadRequest("a number of copies needs a workload, and a workload a number of copies")
    if copies and not (copies.isascii() and copies.isdigit() and len(copies) <= COPIES_DIGITS_MAX):
        raise BadRequest("the number of copies must be a whole number")
    return Change(
        documents=tuple(_documents(form.get("yaml", ""))),
        scales=(_scale(thing, int(copies)),) if thing else (),
        nodes_down=(node,) if node else (),
        namespace=form.get("ns", ""),
    )


def _scale(thing: str, replicas: int) -> Scale:
    """The form names a workload as NAMESPACE/KIND/NAME. Raises BadRequest."""
    namespace, _, name = thing.partition("/")
    if not namespace or not all(name.partition("/")):
        raise BadRequest(f'"{thing}" is no workload; write it as NAMESPACE/KIND/NAME')
    return Scale(thing=name, replicas=replicas, namespace=namespace)


def _documents(written: str) -> Iterator[Document]:
    try:
        loaded = [one for one in yaml.safe_load_all(written) if one is not None]
    except yaml.YAMLError as error:
        raise BadRequest(f"the YAML cannot be read: {' '.join(str(error).split())}") from error
    for one in loaded:
        if not isinstance(one, dict):
            raise BadRequest(f"the YAML cannot be read: a {type(one).__name__} is no object")
        yield one


def _waiting(found: Forecast) -> Iterator[str]:
    for one in found.waiting:
        if one.nodes:
            verdicts = "".join(f"<li>{text(verdict.reason)}</li>" for verdict in one.nodes)
            about = f"What each node says about {text(one.owner)}"
            yield f'<details class="action"><summary>{about}</summary><ul>{verdicts}</ul></details>'


def _picture(found: Forecast) -> Iterator[str]:
    """The nodes after the change, with what is new, and what would be there no more."""
    gone: dict[str, list[PodFacts]] = {}
    for pod in found.before.pods:
        if pod.id in found.stopped:
            gone.setdefault(pod.node, []).append(pod)
    yield '<h2>After that</h2><ul class="nodes" aria-label="nodes after the change">'
    nodes = found.after.nodes
    for node in nodes[:NODES_SHOWN]:
        yield _node(node, found, gone.get(node.name, []))
    yield "</ul>"
    if len(nodes) > NODES_SHOWN:
        yield f"<p>And {len(nodes) - NODES_SHOWN} more nodes.</p>"
    if found.after.waiting:
        yield '<section><h2>No node</h2><ul class="pods" aria-label="pods without a node">'
        yield from _pods(found.after.waiting, found, [])
        yield "</ul></section>"


def _node(node: NodeFacts, found: Forecast, gone: list[PodFacts]) -> str:
    stopped = set(found.stopped)
    there = [pod for pod in node.pods if pod.id not in stopped]
    mark = "ready" if node.ready else "not-ready"
    said = f"{len(there)} pods after, {sum(pod.node == node.name for pod in found.before.pods)} before"
    return (
        f'<li class="node {mark}"><div class="head"><h3>{text(node.name)}</h3> '
        f'<span class="badge">{text(node.state)}</span><p>{text(said)}</p></div>'
        f'<ul class="pods" aria-label="pods on {text(node.name)}">{"".join(_pods(there, found, gone))}</ul></li>'
    )


def _pods(pods: Iterable[PodFacts], found: Forecast, gone: list[PodFacts]) -> Iterator[str]:
    new = set(found.started)
    marked = [*((pod, "new" if pod.id in new else "") for pod in pods), *((pod, "gone") for pod in gone)]
    # What is different comes first: it is what somebody looks for.
    marked.sort(key=lambda one: (one[1] == "", one[0].name))
    for pod, mark in marked[:PODS_SHOWN]:
        state = "stopping" if mark == "gone" else pod.state.lower()
        said = MARKS[mark] or pod.state
        yield (
            f'<li class="pod {state}"><span class="thing"><span class="symbol" aria-hidden="true">'
            f'{"◔" if mark == "gone" else pod.symbol}</span> <span class="name">{text(pod.name)}</span> '
            f'<span class="state">{said}</span></span></li>'
        )
    if len(marked) > PODS_SHOWN:
        yield f"<li>and {len(marked) - PODS_SHOWN} more</li>"


def _command(form: Mapping[str, str]) -> str:
    namespace = form.get("thing", "").partition("/")[0] or form.get("ns", "")
    parts = [f"wherry what-if -n {namespace}" if namespace else "wherry what-if"]
    parts += [f"--node-down {form['node']}"] if form.get("node") else []
    parts += (
        [f"--scale {form['thing'].partition('/')[2]}={form.get('copies', '').strip()}"] if form.get("thing") else []
    )
    parts += ["-f change.yaml"] if form.get("yaml", "").strip() else []
    return " ".join(parts)

"""What the picture must show, worked out from the API's objects alone, without any of the dashboard's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from suites.cluster_api import Everything, Thing

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")
WORDS = ("Running", "Starting", "Waiting", "Failed", "Stopping", "Done")
GHOSTS_MAX = 20

READ_PICTURE = """() => {
  const words = one => one.textContent.trim().replace(/\\s+/g, ' ');
  const pods = list => list ? [...list.children].filter(one => one.matches('.pod:not(.leaving)')).map(pod => [
    pod.id.slice(4), pod.querySelector('.state').textContent,
    [...pod.querySelectorAll('.container')].map(one => words(one).slice(2)).join(',')].join(' ')) : [];
  const node = one => [one.querySelector('h2').textContent, one.querySelector('.badge').textContent,
    pods(one.querySelector('.pods'))];
  const tile = one => [one.querySelector('.name').textContent, one.querySelector('.state').textContent, []];
  const view = document.getElementById('view');
  return {
    revision: Number(view.dataset.revision), position: view.dataset.position,
    headline: words(document.getElementById('headline')),
    nodes: [...document.getElementById('nodes').children].map(one => one.matches('.tile') ? tile(one) : node(one)),
    waiting: pods(document.getElementById('pods')),
    ghosts: [...document.querySelectorAll('.ghost')].map(words),
    ids: [...document.querySelectorAll('[id]')].map(one => one.id),
  };
}"""
READ_NEXT = """() => {
  const view = document.getElementById('view');
  return {
    revision: Number(view.dataset.revision), position: view.dataset.position,
    rows: [...document.querySelectorAll('#rows > tr')].map(row => [
      row.id.slice(9), parseInt(row.children[3].textContent.replace(/[^0-9]*/, ''))]),
  };
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody looks: the filters of the picture."""

    namespace: str = ""
    app: str = ""
    state: str = ""
    zoom: str = ""

    @property
    def query(self) -> str:
        """The same in the address."""
        return f"?ns={self.namespace}&app={self.app}&state={self.state}&zoom={self.zoom}"


@dataclass(frozen=True, slots=True)
class ToldPod:
    """A pod as the picture shows it."""

    key: str
    name: str
    namespace: str
    node: str
    app: str
    state: str
    created: str
    containers: str
    owner: str
    needs_help: bool

    @property
    def line(self) -> str:
        """As READ_PICTURE reads it."""
        return f"{self.key} {self.state} {self.containers}"


def told_picture(there: Everything, look: Look) -> dict[str, object]:
    """What READ_PICTURE must read, but for revision, position and ids."""
    pods = [_pod(one, there) for one in there["Pod"]]
    pods = sorted(
        (one for one in pods if look.namespace in ("", one.namespace)), key=lambda one: (one.app, one.created, one.key)
    )
    shown = [one for one in pods if look.app in ("", one.app) and look.state in ("", one.state)]
    known = {one["metadata"]["name"]: one for one in there["Node"]}
    names = sorted(known.keys() | {one.node for one in pods if one.node})
    where = f"In the namespace {look.namespace}: " if look.namespace else ""
    nodes: list[list[object]] = []
    for name in names:
        badge = _badge(known.get(name))
        if look.zoom == "nodes":
            nodes.append([name, f"{badge}: {_tile(name, pods, shown, look)}", []])
        else:
            nodes.append([name, badge, [one.line for one in shown if one.node == name]])
    return {
        "headline": where + _headline(names, known, pods),
        "nodes": nodes,
        "waiting": [one.line for one in shown if not one.node],
        "ghosts": [] if look.state else [*_ghosts(there, pods, look)],
    }


def _tile(name: str, pods: Iterable[ToldPod], shown: Iterable[ToldPod], look: Look) -> str:
    """What a tile says of the pods of a node: of how many some are asked for, and how those are."""
    total = sum(one.node == name for one in pods)
    states = [one.state for one in shown if one.node == name]
    if not total or not (look.app or look.state):
        return _counted(states)
    part = f"{len(states)} of {total} {'pod' if total == 1 else 'pods'}"
    return f"{part}, {_counted(states)}" if states else part


def told_next(there: Everything) -> list[list[object]]:
    """Each workload that nobody else wants, with how many copies are wanted."""
    outermost = ((kind, one) for kind in WORKLOADS for one in there[kind] if _controller(one) is None)
    found: list[list[object]] = [[f"{kind}/{_key(one)}", _wanted(kind, one)] for kind, one in outermost]
    return sorted(found, key=str)


def _pod(pod: Thing, there: Everything) -> ToldPod:
    meta, status = pod["metadata"], pod.get("status", {})
    key = f"{meta['namespace']}/{meta['name']}"
    owner = _owner(pod, there)
    state, needs_help = _state(pod)
    statuses = {one["name"]: one for one in status.get("containerStatuses", ())}
    containers = [f"{one['name']} {_container(statuses.get(one['name']))}" for one in pod["spec"]["containers"]]
    return ToldPod(
        key=key,
        name=meta["name"],
        namespace=meta["namespace"],
        node=pod["spec"].get("nodeName", ""),
        app=meta.get("labels", {}).get("app") or owner.rpartition("/")[2] or meta["name"],
        state=state,
        created=meta["creationTimestamp"],
        containers=",".join(containers),
        owner=owner,
        needs_help=needs_help,
    )


def _state(pod: Thing) -> tuple[str, bool]:
    """The word for a pod, and whether it needs help."""
    conditions = {one["type"]: one for one in pod.get("status", {}).get("conditions", ())}
    phase = pod.get("status", {}).get("phase", "Pending")
    if "deletionTimestamp" in pod["metadata"]:
        return "Stopping", False
    if phase in ("Succeeded", "Failed"):
        return ("Done", False) if phase == "Succeeded" else ("Failed", True)
    if not pod["spec"].get("nodeName"):
        return "Waiting", conditions.get("PodScheduled", {}).get("reason") == "Unschedulable"
    if phase != "Running" or not all(one["ready"] for one in pod["status"].get("containerStatuses", ())):
        return "Starting", False
    if conditions.get("Ready", {}).get("status", "True") != "True":
        return "Failed", True
    return "Running", False


def _container(status: Thing | None) -> str:
    state = (status or {}).get("state", {})
    if "terminated" in state:
        return "Done"
    if "running" in state:
        return "Running" if status and status["ready"] else "Starting"
    return "Starting" if state else "Waiting"


def _controller(one: Thing) -> Thing | None:
    owners: list[Thing] = one["metadata"].get("ownerReferences", [])
    return next((owner for owner in owners if owner.get("controller")), None)


def _owner(one: Thing, there: Everything) -> str:
    """The outermost that wants it: KIND/NAMESPACE/NAME; "" when nobody does."""
    found, namespace = "", one["metadata"]["namespace"]
    above: Thing | None = one
    while above is not None and (owner := _controller(above)) is not None:
        found = f"{owner['kind']}/{namespace}/{owner['name']}"
        above = next(
            (
                other
                for other in there.get(owner["kind"], ())
                if (other["metadata"]["namespace"], other["metadata"]["name"]) == (namespace, owner["name"])
            ),
            None,
        )
    return found


def _wanted(kind: str, one: Thing) -> int:
    if kind == "DaemonSet":
        return int(one.get("status", {}).get("desiredNumberScheduled", 0))
    if kind == "Job":
        return int(one["spec"].get("completions", 1))
    return int(one["spec"].get("replicas", 1))


def _ghosts(there: Everything, pods: list[ToldPod], look: Look) -> Iterable[str]:
    """A place for each pod that is wanted and not there, workload by workload."""
    keys = {f"{kind}/{_key(one)}": (kind, one) for kind in WORKLOADS for one in there[kind] if _controller(one) is None}
    for key in sorted(keys):
        kind, one = keys[key]
        meta, status = one["metadata"], one.get("status", {})
        app = meta.get("labels", {}).get("app") or meta["name"]
        if look.namespace not in ("", meta["namespace"]) or look.app not in ("", app) or one["spec"].get("paused"):
            continue
        live = sum(pod.owner == key and pod.state not in ("Stopping", "Done") for pod in pods)
        finished = status.get("succeeded", 0) if kind == "Job" else 0
        missing = max(0, _wanted(kind, one) - finished - live)
        for number in range(min(missing, GHOSTS_MAX)):
            more = missing - GHOSTS_MAX
            yield f"one more {meta['name']} is wanted" + (
                f" (and {more} more)" if number == GHOSTS_MAX - 1 and more > 0 else ""
            )


def _key(one: Thing) -> str:
    return f"{one['metadata']['namespace']}/{one['metadata']['name']}"


def _is_ready(node: Thing) -> bool:
    conditions = node.get("status", {}).get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _badge(node: Thing | None) -> str:
    if node is None:
        return "Gone"
    if not _is_ready(node):
        return "Not ready"
    return "Ready, takes no new pods" if node["spec"].get("unschedulable") else "Ready"


def _counted(states: Iterable[str]) -> str:
    counts = Counter(states)
    return ", ".join(f"{counts[word]} {word.lower()}" for word in WORDS if counts[word]) or "no pods"


def _headline(names: list[str], known: dict[str, Thing], pods: list[ToldPod]) -> str:
    """How the first sentence begins."""
    said = f"{_several(len(known), 'node')}, {_several(len(pods), 'pod') if pods else 'no pods yet'}."
    in_order = [one for name in (*names, "") for one in pods if one.node == name]
    helpless = [one.name for one in in_order if one.needs_help]
    if helpless:
        verb = "needs" if len(helpless) == 1 else "need"
        said = f"{_several(len(known), 'node')}, {_several(len(pods), 'pod')}. {len(helpless)} {verb} help: "
        return said + ", ".join(helpless[:3]) + (f" and {len(helpless) - 3} more" if len(helpless) > 3 else "") + "."
    down = [name for name in names if not (name in known and _is_ready(known[name]))]
    if down:
        more = f" and {len(down) - 3} more" if len(down) > 3 else ""
        said = f"{_several(len(known), 'node')}, {_several(len(pods), 'pod')}."
        return f"{said} {', '.join(down[:3])}{more} does not report."
    return said


def _several(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"

"""Every sentence that Wherry says about a cluster, in one place.

A test reads all of them (tests/unit/narrate/test_templates.py): at most 25 words a sentence, no technical word that
the glossary does not explain, no passive with "by", and whatever says that something is wrong has a next step.

`tell("pod.fine", pod="web-1", node="laptop")` makes a sentence; `next_step` makes what a person may do about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Template(NamedTuple):
    """A sentence with holes. `is_wrong`: something needs a person; then `next` says what to do."""

    text: str
    is_wrong: bool = False
    next: str = ""


def fine(text: str) -> Template:
    """A sentence about how things are, with nothing to do."""
    return Template(text)


def wrong(text: str, next_: str) -> Template:
    """A sentence about what a person should look at, and the command that looks."""
    return Template(text, is_wrong=True, next=next_)


# Reasons of a pod's state: they follow "because" or a colon, so they have no capital and no full stop.
STATES: Mapping[str, Template] = {
    "state.stopping": fine("it has time to finish what it does"),
    "state.gated": fine("somebody holds it back until they say go"),
    "state.choosing": fine("the scheduler has not chosen a node yet"),
    "state.no-node": wrong("no node can take it", "wherry why {thing}"),
    "state.starting": fine("the node prepares {containers}"),
    "state.not-ready": fine("{containers} runs but is not ready, so it gets no requests yet"),
    "state.gate": fine("it runs, but a gate outside of it says not ready"),
    "state.node-lost": wrong("its node does not report, so nobody knows how it is", "wherry picture"),
    "state.failed": wrong("it has failed", "wherry why {thing}"),
    "state.ended-by-node": wrong("the node ended it: {reason}", "wherry why {thing}"),
    "state.crash-loop": wrong("{container} stops right after it starts{code}, again and again", "wherry why {thing}"),
    "state.no-image": wrong("the node cannot get the image {image}", "wherry why {thing}"),
    "state.bad-image-name": wrong("{image} cannot be the name of an image", "wherry why {thing}"),
    "state.missing-config": wrong("{container} needs a setting that is not there", "wherry why {thing}"),
    "state.cannot-start": wrong("the node cannot start {container}", "wherry why {thing}"),
    "state.out-of-memory": wrong("{container} used more memory than its limit", "wherry why {thing}"),
    "state.ended": wrong("{container} stopped with an error (exit code {code})", "wherry why {thing}"),
    "state.other": wrong("{container} does not run: {reason}", "wherry why {thing}"),
}

CLUSTER: Mapping[str, Template] = {
    "cluster.fine": fine("{there}. All is well."),
    "cluster.empty": fine("{nodes}, no pods yet."),
    "cluster.empty-hidden": fine("No pods yet; you may not see the nodes."),
    "cluster.there": fine("{nodes}, {pods}"),
    "cluster.there-hidden": fine("{pods}; you may not see the nodes"),
    "cluster.help": wrong("{there}. {count} {need} help: {names}.", "wherry why {thing}"),
    "cluster.node-down": wrong("{there}. {names} does not report.", "wherry why node/{node}"),
    "cluster.title": wrong("({count} {need} help)", "wherry picture"),
    "cluster.waits": fine("{there}. {count} still on the way."),
    "status.runs": fine("The cluster runs: {ready} of {nodes} nodes ready, {pods}, {containers}."),
    "status.runs-hidden": fine("The cluster runs: {pods}, {containers}."),
    "status.node": fine("node {node} ({kind}): {state}, {states}"),
    "status.unheard": wrong("Not all was told: {reason}.", "wherry notify --test"),
    "status.more": Template("and {count} more nodes", next="wherry picture"),
    "node.runs": fine("{node} runs {pods} with {containers}."),
    "node.empty": fine("{node} runs no pods."),
    "node.not-ready": wrong("{node} does not report; {pods} were on it.", "wherry why node/{node}"),
    "node.closed": fine("{node} takes no new pods; it runs {pods} with {containers}."),
    "node.hidden": fine("You may not see {node} itself; it runs {pods}."),
    "node.gone": wrong("{node} is gone; {pods} still name it.", "wherry why node/{node}"),
}

PODS: Mapping[str, Template] = {
    "pod.running": fine("{pod} runs on {node} and is well."),
    "pod.starting": fine("{pod} starts on {node}: {reason}."),
    "pod.waiting": fine("{pod} waits on {node}: {reason}."),
    "pod.waits": fine("{pod} waits: {reason}."),
    "pod.failed": wrong("{pod} does not run as it should: {reason}.", "wherry why {thing}"),
    "pod.stopping": fine("{pod} stops: {reason}."),
    "pod.done": fine("{pod} has done its work on {node}."),
    "node.goes-empty": fine("Nothing would stop if {node} went: no pod runs there."),
    "node.goes": fine("The masters would make {pods} anew on other nodes, if there is room."),
    "node.goes-lost": fine("Nobody would make these anew: {names}."),
    "node.goes-silent": fine("Until then nobody would answer for {names}."),
}

NEXT: Mapping[str, Template] = {
    "verdict.none": fine("Nothing is wanted yet: there is no workload."),
    "verdict.one": fine("The one workload is as wanted."),
    "verdict.all": fine("All {total} workloads are as wanted."),
    "verdict.some": wrong("{count} of {total} workloads are not yet as wanted.", "wherry why {thing}"),
}

WORKLOADS: Mapping[str, Template] = {
    "now.as-wanted": fine("{have} of {wanted} copies run."),
    "now.none-wanted": fine("Nobody wants a copy now, and none runs."),
    "now.stopping": fine("{have} copies still run; nobody wants more than {wanted}."),
    "now.some": wrong("{have} of {wanted} copies run.", "wherry why {thing}"),
    "now.job": fine("{have} of {wanted} runs have finished."),
    "now.job-failed": wrong("It gave up after {failed} failed runs.", "wherry why {thing}"),
    "now.schedule": fine("It starts a job at the times {schedule}."),
    "now.suspended": fine("It pauses: it starts nothing until somebody resumes it."),
    "next.nothing": fine("Nothing: what is wanted is what is."),
    "next.missing": fine("The controller makes {count} more."),
    "next.surplus": fine("The controller stops {count}."),
    "next.starting": fine("{count} will be ready soon."),
    "next.waiting": wrong("{count} waits, because {reason}.", "wherry why {thing}"),
    "next.failing": wrong("{count} does not run, because {reason}.", "wherry why {thing}"),
    "next.rollout": fine("{count} of {wanted} copies are of the new version; the rest follow."),
    "next.rollout-held": fine("{count} of {wanted} copies are of the new version; the rest stay as they are."),
    "next.paused": fine("The rollout pauses until somebody resumes it."),
    "next.job": fine("{count} more to finish."),
}

SERVICES: Mapping[str, Template] = {
    "service.answers": fine("{count} of {total} pods answer for {service}."),
    "service.silent": wrong("No pod answers for {service}, although {total} should.", "wherry why service/{service}"),
    "service.nobody": wrong(
        "No pod answers for {service}: none has the labels that it asks for.", "wherry why service/{service}"
    ),
    "service.outside": fine("{service} stands for {address}, outside the cluster."),
    "service.asks": fine("It asks for pods with the labels {labels}."),
    "service.apps": fine("The apps in its namespace are: {apps}."),
    "service.no-pods": fine("There are no pods in its namespace."),
    "service.by-hand": fine("{service} has no selector; somebody else says who answers."),
}

TOUR: Mapping[str, Template] = {
    "tour.nothing": fine("There is none here yet."),
    "tour.container": fine("{container} is one, made from the image {image}; it is in the pod {pod}."),
    "tour.pod": fine("{pod} is one: it holds {containers} and has the address {address}."),
    "tour.pod-no-address": fine("{pod} is one: it holds {containers}."),
    "tour.nodes-hidden": fine("You may not see the nodes."),
    "tour.no-node": wrong("There is none here, so nothing can run.", "wherry up --simulated-nodes 3"),
    "tour.node": fine("There is room on {nodes}. {fullest}"),
    "tour.workload": fine("{name} ({kind}) wants {wanted}. {now}"),
    "tour.master": fine("They look after {pods} here: stop one and see in the story how it is replaced."),
}

INCIDENTS: Mapping[str, Template] = {
    "incident.workload": wrong("{thing} needs help ({pods}): {reason}.", "wherry why {pod}"),
    "incident.pod": wrong("{thing} needs help: {reason}.", "wherry why {pod}"),
    "incident.over": Template("{thing} needs no help any more, after {took}.", next="wherry story {name}"),
    "incident.gone": fine("{thing} is not there any more; it was not well for {took}."),
}

TEMPLATES: Mapping[str, Template] = {
    **STATES,
    **CLUSTER,
    **PODS,
    **NEXT,
    **WORKLOADS,
    **SERVICES,
    **TOUR,
    **INCIDENTS,
}


def tell(key: str, **values: object) -> str:
    """The sentence `key`, its holes filled."""
    return TEMPLATES[key].text.format_map(values)


def next_step(key: str, **values: object) -> str:
    """What a person may do when `key` has been said; "" when there is nothing to do."""
    return TEMPLATES[key].next.format_map(values)


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 pod", "3 pods", "no pods"."""
    noun = one if number == 1 else many or f"{one}s"
    return f"{number or 'no'} {noun}"

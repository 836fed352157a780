"""`wherry logs THING`: what a program says."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import click

from wherry.cli.look import Look, look_options
from wherry.cli.output import note, printable, say

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.narrate.facts import PodFacts

LINES = 100


@click.command()
@click.argument("thing", metavar="[KIND/]NAME")
@click.option("-c", "--container", default="", help="Which one, if the pod has several (default: the first).")
@click.option("-f", "--follow", is_flag=True, help="Go on as it speaks.")
@click.option("-p", "--previous", is_flag=True, help="What it said before it was last started anew.")
@click.option("--tail", default=LINES, show_default=True, help="Only the last so many lines; -1: all.")
@look_options
def command(look: Look, thing: str, container: str, follow: bool, previous: bool, tail: int) -> None:
    """What a program says: the last lines of a pod, or of one of a workload's pods.

    Examples: wherry logs web   wherry logs pod/web-1 -f   wherry logs web --previous
    """
    from wherry.cli.pods import become_kubectl, chosen_pod

    pod = chosen_pod(look, thing, "logs")
    name = container or pod.containers[0].name
    twin = ["logs", pod.name, "-n", pod.namespace, "-c", name, f"--tail={tail}"]
    twin += [*(["--previous"] if previous else []), *(["--follow"] if follow else [])]
    if follow:
        become_kubectl(look, *twin)
    lines = look.ask(lambda client: _read(client, pod, name, previous, tail))
    if look.answered({"pod": pod.name, "namespace": pod.namespace, "container": name, "lines": lines}, [pod.name]):
        return
    what = f"container {name} of pod {pod.name}"
    note(printable(f"   ({what}: {len(lines)} lines)" if lines else f"   ({what} has said nothing)"))
    for line in lines:
        say(printable(line))
    if look.teach:
        note(f"The same with kubectl: kubectl {' '.join(twin)}")


async def _read(client: Client, pod: PodFacts, container: str, previous: bool, tail: int) -> list[str]:
    from wherry.kit.http.types import read_body

    options = {"container": container, **({"previous": "true"} if previous else {})}
    if tail >= 0:
        options["tailLines"] = str(tail)
    path = f"/api/v1/namespaces/{quote(pod.namespace)}/pods/{quote(pod.name)}/log"
    body = await read_body(await client.request("GET", path, urlencode(options)))
    return body.decode(errors="replace").splitlines()

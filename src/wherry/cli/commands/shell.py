"""`wherry shell THING`: go into a container and look around."""

from __future__ import annotations

import sys

import click

from wherry.cli.look import Look, look_options
from wherry.cli.output import note


@click.command()
@click.argument("thing", metavar="[KIND/]NAME")
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]")
@click.option("-c", "--container", default="", help="Which one, if the pod has several (default: the first).")
@look_options
def command(look: Look, thing: str, words: tuple[str, ...], container: str) -> None:
    """Go into a container of a pod, or run one COMMAND there; what you change is gone with the container.

    Examples: wherry shell web   wherry shell pod/web-1 -- env
    """
    from wherry.cli.pods import become_kubectl, check_shell, chosen_pod

    pod = chosen_pod(look, thing, "shell")
    name = container or pod.containers[0].name
    if not words:
        check_shell(look, pod, name)
    twin = ["exec", "-it" if sys.stdin.isatty() and not words else "-i", pod.name, "-n", pod.namespace, "-c", name]
    twin += ["--", *(words or ("sh",))]
    if look.teach:
        note(f"The same with kubectl: kubectl {' '.join(twin)}")
    become_kubectl(look, *twin)

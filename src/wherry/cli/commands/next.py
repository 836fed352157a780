"""`wherry next`: now and next, per workload: what is wanted, what is, and what happens between."""

from __future__ import annotations

import sys

import click

from wherry.cli.look import Look, kubectl_scope, look_options
from wherry.cli.output import printable, say
from wherry.cli.troubles import known


@click.command()
@click.argument("name", required=False)
@look_options
def command(look: Look, name: str | None) -> None:
    """What is wanted, what is there now, and what comes next. Exit code 0: all is as wanted; 1: not yet."""
    workloads = list(look.snapshot().workloads)
    if name is not None:
        wanted = name.rpartition("/")[2]
        workloads = [one for one in workloads if one.name == wanted or one.app == wanted]
        if not workloads:
            raise known("W0203", thing=name, do="wherry next")
    workloads.sort(key=lambda one: (one.is_as_wanted, one.namespace, one.name))
    unsettled = [one for one in workloads if not one.is_as_wanted]
    if not look.answered(workloads, [f"{one.kind.lower()}/{one.name}" for one in workloads]):
        say(_verdict(len(workloads), len(unsettled)))
        for one in workloads:
            mark = "" if look.terminal.boxes is False else "✓ " if one.is_as_wanted else "→ "
            say(printable(f"{mark}{one.name} ({one.kind}, namespace {one.namespace})"))
            say(printable(f"    Now:  {one.now}"))
            say(printable(f"    Next: {one.next}"))
        step = unsettled and f"wherry why {unsettled[0].kind.lower()}/{unsettled[0].name} -n {unsettled[0].namespace}"
        scope = kubectl_scope(look.namespace)
        look.end(f"kubectl get deployments,statefulsets,daemonsets,jobs {scope}", step or "wherry picture")
    sys.exit(1 if unsettled else 0)


def _verdict(total: int, unsettled: int) -> str:
    from wherry.narrate.templates import tell

    if not total:
        return tell("verdict.none")
    if not unsettled:
        return tell("verdict.all", total=total) if total > 1 else tell("verdict.one")
    return tell("verdict.some", count=unsettled, total=total)

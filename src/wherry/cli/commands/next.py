"""`wherry next`: now and next, per workload and for the whole system: what is wanted, what is, the way between."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, give_data, kubectl_scope, look_options
from wherry.cli.output import printable, say
from wherry.cli.troubles import known

if TYPE_CHECKING:
    from wherry.method.model.step import Gap, Step
    from wherry.narrate.facts import WorkloadFacts


@click.command()
@click.argument("name", required=False)
@click.option(
    "--model",
    "named",
    help="Only the way to what a model wants: a file, or a name in the cluster. One here is looked at anyway.",
)
@click.option(
    "--backlog", type=click.Choice(("md", "csv", "json")), help="What is left of that way, as items with criteria."
)
@look_options
def command(look: Look, name: str | None, named: str | None, backlog: str | None) -> None:
    """What is wanted, what is there now, and what comes next. Exit code 0: all is as wanted; 1: not yet."""
    if named is not None or backlog is not None:
        gap = _way(look, named, backlog)
        sys.exit(0 if gap.is_closed else 1)
    settled = _tell_workloads(look, name)
    sys.exit(0 if settled else 1)


def _way(look: Look, named: str | None, backlog: str | None) -> Gap:
    """Tell the way to the next state, or give it as a backlog."""
    from wherry.cli.landscape import choose_model, look_at_landscape, say_if_cluster_differs
    from wherry.method.model.plan import plan_steps

    chosen = choose_model(look, named)
    gap = plan_steps(chosen.model, look_at_landscape(look))
    if backlog is not None:
        _give_backlog(gap, chosen.origin, backlog)
    else:
        _tell_gap(look, gap)
        say_if_cluster_differs(look, chosen)
    return gap


def _tell_workloads(look: Look, name: str | None) -> bool:
    workloads = list(look.snapshot().workloads)
    if name is not None:
        wanted = name.rpartition("/")[2]
        workloads = [one for one in workloads if one.name == wanted or one.app == wanted]
        if not workloads:
            raise known("W0203", thing=name, do="wherry next")
    workloads.sort(key=lambda one: (one.is_as_wanted, one.namespace, one.name))
    unsettled = [one for one in workloads if not one.is_as_wanted]
    if look.answered(workloads, [f"{one.kind.lower()}/{one.name}" for one in workloads]):
        return not unsettled
    say(_verdict(len(workloads), len(unsettled)))
    for one in workloads:
        _tell_workload(one, boxes=look.terminal.boxes)
    gap = _gap_here(look) if name is None else None
    if gap is not None:
        say()
        _tell_gap(look, gap, ends=False)
    elif name is None:
        _tell_published(look)
    step = unsettled and f"wherry why {unsettled[0].kind.lower()}/{unsettled[0].name} -n {unsettled[0].namespace}"
    scope = kubectl_scope(look.namespace)
    steps = [step] if step else ["wherry next --model model.yaml"] if gap is not None and gap.left else []
    look.end(f"kubectl get deployments,statefulsets,daemonsets,jobs {scope}", *(steps or ["wherry picture"]))
    return not unsettled and (gap is None or gap.is_closed)


def _tell_workload(one: WorkloadFacts, *, boxes: bool) -> None:
    mark = "" if not boxes else "✓ " if one.is_as_wanted else "→ "
    say(printable(f"{mark}{one.name} ({one.kind}, namespace {one.namespace})"))
    say(printable(f"    Now:  {one.now}"))
    say(printable(f"    Next: {one.next}"))


def _gap_here(look: Look) -> Gap | None:
    from wherry.cli.landscape import look_at_landscape, model_file_here, model_or_note
    from wherry.method.model.plan import plan_steps

    path = model_file_here()
    model = model_or_note(path) if path is not None else None
    return plan_steps(model, look_at_landscape(look)) if model is not None else None


def _tell_published(look: Look) -> None:
    """Where no file is at hand: how far each model of the cluster is, in a sentence."""
    from wherry.cli.landscape import look_at_landscape, published_models
    from wherry.method.model.plan import plan_steps
    from wherry.method.model.publishing import note_gap

    models = [one for one in look.ask(published_models) if look.namespace in ("", one.namespace)]
    seen = look_at_landscape(look) if models else None
    for one in models:
        if one.model is not None and seen is not None:
            gap = plan_steps(one.model, seen)
            if not look.namespace:
                look.ask(lambda client, one=one, gap=gap: note_gap(client, one, gap))  # type: ignore[misc]  # bound now
            say(printable(f"{one.name}: {gap.sentence} The steps: wherry next --model {one.name}"))


def _tell_gap(look: Look, gap: Gap, *, ends: bool = True) -> None:
    from wherry.cli.landscape import following, tell_steps

    if ends and look.output is not None:
        give_data(look.output, gap, [step.title for step in gap.steps])
        return

    def mark(step: Step) -> str:
        if not look.terminal.boxes:
            return "Done: " if step.done else "Open: "
        return "✓ " if step.done else "→ "

    say(gap.sentence)
    tell_steps(gap, mark)
    if ends:
        kubectl = f"kubectl get deployments,statefulsets,apis,agreements {kubectl_scope(look.namespace)}"
        look.end(kubectl, following(gap), "wherry next --backlog md" if gap.left else "wherry model")


def _give_backlog(gap: Gap, origin: str, form: str) -> None:
    from wherry.method.backlog import FORMATS
    from wherry.method.model.step import HEADING, backlog

    say(FORMATS[form](HEADING, backlog(gap.steps, f"wherry next --model {origin}")).rstrip())


def _verdict(total: int, unsettled: int) -> str:
    from wherry.narrate.templates import tell

    if not total:
        return tell("verdict.none")
    if not unsettled:
        return tell("verdict.all", total=total) if total > 1 else tell("verdict.one")
    return tell("verdict.some", count=unsettled, total=total)

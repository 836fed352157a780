"""`wherry why KIND/NAME`: why is this thing as it is?"""

from __future__ import annotations

from pathlib import Path

import click

from wherry.api.core.event import EVENTS
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.cli.connection import with_client
from wherry.cli.output import Trouble, printable, say
from wherry.client.client import Client
from wherry.cluster.data_dir import DataDir
from wherry.narrate.why import Explanation, explain


def find_kind(word: str) -> AnyResourceType:
    """The kind that a person means: pod, pods, po, Pod."""
    wanted = word.lower()
    for resource in RESOURCE_TYPES:
        if wanted in (resource.plural, resource.singular, resource.kind.lower(), *resource.short_names):
            return resource
    raise Trouble(f'there is no kind "{word}"', remedy="wherry kubectl api-resources lists them", exit_code=2)


@click.command()
@click.argument("thing", metavar="KIND/NAME")
@click.option("-n", "--namespace", default="default", show_default=True)
@click.option("--kubeconfig", type=click.Path(path_type=Path, exists=True), help="Another cluster's, any Kubernetes.")
@click.pass_obj
def command(data_dir: DataDir, thing: str, namespace: str, kubeconfig: Path | None) -> None:
    """Why is this thing as it is? What is wrong, what is being done, what to do.

    Examples: wherry why pod/web-1   wherry why deploy/web   wherry why node/laptop
    """
    kind_word, slash, name = thing.partition("/")
    if not slash:
        kind_word, name = "pod", thing
    resource = find_kind(kind_word)
    scope = namespace if resource.namespaced else ""

    async def ask(client: Client) -> Explanation:
        document = await client.get_document(resource, name, scope)
        selector = f"involvedObject.kind={resource.kind},involvedObject.name={name}"
        events = await client.list(EVENTS, scope or "default", field_selector=selector)
        return explain({"kind": resource.kind, **document}, events.items)

    explanation = with_client(kubeconfig, data_dir, ask)
    say(printable(explanation.answer))
    for reason in explanation.reasons:
        say(f"  {printable(reason)}")
    for remedy in explanation.remedies:
        say(f"Next: {printable(remedy)}")

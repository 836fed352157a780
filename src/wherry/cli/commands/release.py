"""`wherry release`: one image with the configuration of one environment, numbered and never changed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from wherry.cli.output import note, say, table
from wherry.cli.where import Where, where_options

if TYPE_CHECKING:
    from wherry.cli.delivery.releasing import Released
    from wherry.method.delivery.clusters import Clusters


@click.command()
@click.option("--env", "environment", help="For which environment; the first one of wherry.toml, if not named.")
@click.option("--image", help="Which image, by name or digest; the one built last, if not named.")
@click.option("--allow-dirty", is_flag=True, help="Take along what is not committed; the release says so.")
@where_options
def command(where: Where, environment: str | None, image: str | None, allow_dirty: bool) -> None:
    """Make a release: an image and an environment's configuration. The same content is the same release."""
    from wherry.cli.commands.image import open_store
    from wherry.cli.delivery.release_stage import make_release
    from wherry.cli.delivery.stage import on_clusters, project_here, told
    from wherry.cli.delivery.whereabouts import say_how_the_image_gets_there, say_if_it_can_be_changed
    from wherry.cli.model_publishing import publish_beside
    from wherry.method.delivery.ledger import difference, short

    project = project_here()
    with told():
        name = environment or project.first_environment
        _ = project.environment(name)
    store = open_store(where.data_dir)

    async def release_with_model(clusters: Clusters) -> Released:
        made = await make_release(project, clusters, store, name, image=image, allow_dirty=allow_dirty)
        place = project.environment(name)
        client = clusters.client(project, place)
        await publish_beside(client, project, place.namespace)
        say_how_the_image_gets_there(project, clusters, name, made.release.name)
        await say_if_it_can_be_changed(client, made.release)
        return made

    made = on_clusters(where, release_with_model)
    release, spec = made.release, made.release.spec
    if made.is_new:
        say(f"{release.name} is made: {project.name} for {name}{', from uncommitted code' * spec.uncommitted}.")
    else:
        say(f"That is {release.name} already: nothing in it is new{', from uncommitted code' * spec.uncommitted}.")
    rows = [
        ("image", spec.image.partition("@")[0] + " " + short(spec.digest)),
        ("commit", f"{spec.revision[:12]} of {_repository(spec.source)}"),
        ("configuration", f"{len(spec.config)} settings, {short(spec.config_hash)}"),
        ("objects", _kinds([ref.kind for ref in spec.objects])),
    ]
    table(("WHAT", "IS"), rows)
    if made.before is not None:
        lines = difference(made.before.spec, spec)
        note(f"Different from {made.before.name}:" if lines else f"The settings are those of {made.before.name}.")
        for line in lines:
            note(f"   {line}")
    say(f"Next: wherry run {release.name} --in {name}")


def _repository(source: str) -> str:
    """Where the code is; one without a remote is known by its first commit, which says nothing to a person."""
    return "a repository without a remote" if source.startswith("git:") else source or "an unknown repository"


def _kinds(kinds: Sequence[str]) -> str:
    """What it consists of: each kind once, with how many there are of it."""
    counted = Counter(kinds)
    return ", ".join(kind if count == 1 else f"{kind} ({count})" for kind, count in counted.items())

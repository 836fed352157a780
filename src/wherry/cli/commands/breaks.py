"""`wherry breaks`: who would this change of a contract break?"""

from __future__ import annotations

from pathlib import Path

import click

from wherry.cli.contract_actor import Desk, desk, desk_options
from wherry.cli.contract_words import say_next, show_rows, understood
from wherry.cli.look import give_data, output_option
from wherry.cli.output import Trouble, note, say
from wherry.cli.structured import breaks_document
from wherry.cluster.data_dir import DataDir
from wherry.method.contracts.acting import Actor
from wherry.method.contracts.api import Api, read_api
from wherry.method.contracts.breaks import Breaks, judge_change, sentences
from wherry.method.contracts.catalogue import read_catalogue, read_published_api, read_published_need
from wherry.method.contracts.need import Need
from wherry.method.contracts.needs import read_needs
from wherry.method.contracts.reading import read_file
from wherry.method.contracts.sources import committed, provided
from wherry.method.contracts.words import listed
from wherry.method.project import Project


@click.command()
@click.option(
    "--against",
    metavar="FILE|REVISION",
    help="Compare with this; without it, with what is exposed, or else with the last commit.",
)
@click.option(
    "--needs",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Partners' needs: a file or a folder of them; may be given several times.",
)
@output_option
@desk_options
@click.pass_obj
def command(
    data_dir: DataDir,
    against: str | None,
    folders: tuple[Path, ...],
    output: str | None,
    project: Path,
    environment: str | None,
    kubeconfig: Path | None,
) -> None:
    """Say which promises and which partners a change of the contract breaks; 1 when a partner breaks.

    For programs (-o json): `service`, `broken`, `sentences`, `findings` and `partners`.
    """
    place = desk(data_dir, project, environment, kubeconfig)
    service = place.project
    after = understood(lambda: provided(service)).api
    exposed, needs = _published(place)
    before = exposed if exposed is not None and against is None else understood(lambda: _before(service, against))
    needs += [need for folder in folders for need in _needs(folder, service)]
    breaks = judge_change(before, after, needs)
    if output is None:
        _tell(service.name, breaks)
    else:
        give_data(output, breaks_document(service.name, breaks), (one.name for one in breaks.broken))
    if breaks.broken:
        raise Trouble(
            f"{listed(one.name for one in breaks.broken)} would break",
            remedy="keep the old promise beside the new one, or talk with them and agree again",
        )


def _published(place: Desk) -> tuple[Api | None, list[Need]]:
    """What the service has exposed, and what others have said that they need of it; nothing without a cluster."""

    async def read(actor: Actor) -> tuple[Api | None, list[Need]]:
        catalogue = await read_catalogue(actor.client)
        mine = [one for one in catalogue.agreements if one.spec.provider == place.project.name
                and one.spec.provider_namespace == actor.namespace]  # fmt: skip
        found = [need for need in map(catalogue.need_of, mine) if need is not None]
        api = catalogue.api(actor.namespace, place.project.name)
        exposed = await read_published_api(actor.client, api) if api is not None else None
        return exposed, [await read_published_need(actor.client, one) for one in found]

    try:
        return place.act(read)
    except Trouble as error:
        note(f"   Judged without the cluster's catalogue: {error.message}.")
        return None, []


def _before(service: Project, against: str | None) -> Api:
    if against and Path(against).is_file():
        return read_api(read_file(Path(against)))
    found = committed(service, against or "HEAD")
    if found is None:
        raise Trouble(
            f"there is no {service.file.service.contract} in {against or 'the last commit'} to compare with",
            remedy="commit the contract once, or name a file: wherry breaks --against OLD.yaml",
            exit_code=2,
        )
    return found


def _needs(path: Path, service: Project) -> list[Need]:
    """Those needs below a path that are about this service."""
    folder, only = (path, None) if path.is_dir() else (path.parent, path)
    # A consumer's folder is .../web/contracts/needs.
    owner = folder.absolute().parts[-3] if folder.name == "needs" and len(folder.absolute().parts) > 2 else path.stem
    found = understood(lambda: read_needs(folder, owner))
    return [need for need in found if need.provider == service.name and (only is None or need.name == str(only))]


def _tell(service: str, breaks: Breaks) -> None:
    promises, broken = breaks.promises, breaks.broken
    if not breaks.findings:
        say(f"The contract of {service} says what it said before.")
        say_next("wherry contract list")
        return
    said = f"{len(promises)} promise{'' if len(promises) == 1 else 's'}"
    say(f"This change breaks {said if promises else 'no promise'} and {len(broken) or 'no'} partner"
        f"{'' if len(broken) in (0, 1) else 's'}.")  # fmt: skip
    for line in sentences(breaks):
        say(f"  {line}")
    rest = [one for one in breaks.findings if one.level != "breaking"]
    show_rows(("OTHER CHANGES", "RULE", "LEVEL"), [(one.sentence, one.rule, one.level) for one in rest])
    if promises and not broken:
        say_next("give the contract a new version, or agree again: wherry contract propose")

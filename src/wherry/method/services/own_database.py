"""M2. Own database: the service keeps its data in a database that nobody else connects to."""

from __future__ import annotations

from collections.abc import Iterator

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, not_applicable, supports
from wherry.method.facts.databases import Databases, User, databases_of, is_in_cluster, service_of
from wherry.method.facts.facts import EnvironmentFacts, Facts

CRITERION = Criterion(
    "own-database",
    "M2",
    "Own database",
    "The service keeps its data in a database of its own, and nobody else connects to it.",
)
ASK = "give each service a database of its own; who needs the other's data asks its API"


def check(facts: Facts) -> list[Observation]:
    """Do the settings of every environment keep each database with one service?"""
    found: list[Observation] = []
    hosts: set[str] = set()
    for environment in facts.rendered:
        databases = databases_of(environment)
        mine = [user for user in databases.users if _is_service(user, facts, databases)]
        hosts |= {host for user in mine for host in user.hosts}
        for user in mine:
            found += _places(user, environment, databases)
        if mine:
            found += _others(mine, environment, databases)
    if not hosts:
        return found or [not_applicable("It keeps nothing in a database, as far as its settings say.")]
    return found or [supports(f"Only its own programs know the way to its database ({', '.join(sorted(hosts))}).")]


def _is_service(user: User, facts: Facts, databases: Databases) -> bool:
    """Whether a workload runs the service's image. Where only one image runs beside databases, it is that one."""
    if facts.name in user.images:
        return True
    return len({image for other in databases.users for image in other.images}) == 1


def _places(user: User, environment: EnvironmentFacts, databases: Databases) -> Iterator[Observation]:
    for host in sorted(user.hosts):
        _, namespace = service_of(host)
        if databases.is_own(host):
            continue
        if namespace and databases.namespace and namespace != databases.namespace and is_in_cluster(host):
            yield against(
                f"In {environment.name} its database is {host}: that of another service, in {namespace}.",
                environment.overlay,
                fix=ASK,
                repeat=_search(host, environment),
            )
        else:
            says = f"{host} is not part of the release ({environment.name}), so files do not show who else uses it."
            yield doubt(says, environment.overlay)


def _others(mine: list[User], environment: EnvironmentFacts, databases: Databases) -> Iterator[Observation]:
    """Programs that are neither the service's nor the database's, and come in all the same."""
    own_images = {image for user in (*mine, *databases.own) for image in user.images}
    hosts = {host for user in mine for host in user.hosts if databases.is_own(host)}
    secrets = {name for user in mine for name in user.secrets} & {name for one in databases.own for name in one.secrets}
    for user in databases.users:
        if user.images <= own_images:
            continue
        shared = sorted({service_of(host)[0] for host in user.hosts} & {service_of(host)[0] for host in hosts})
        shared += sorted(user.secrets & secrets)
        if shared:
            program = ", ".join(sorted(user.images - own_images))
            yield against(
                f"{user.name} is another program ({program}) on the service's database ({environment.name}).",
                environment.overlay,
                fix=ASK,
                repeat=_search(shared[0], environment),
            )


def _search(word: str, environment: EnvironmentFacts) -> str:
    return f"grep -rn {word} {environment.overlay.split('/')[0]}"


OWN_DATABASE = Factor(CRITERION, check)

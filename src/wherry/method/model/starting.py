"""A first model.yaml: what the cluster shows today, as the now of a model whose next is still to be written. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wherry.method.model.landscape import Landscape, SeenService
from wherry.method.project import DNS_LABEL

SERVICES_MAX = 20
HEAD = (
    "name: my-system                 # what the system is called\nnow:                            # what runs today\n"
)
NEXT = """next:                           # how it shall be: change this, and the steps appear
  services:
"""
NOBODY = """    - name: shop                # one box with everything in it
      parts: [orders, web]
"""
EXAMPLE = """    - name: web
      from: shop                # split out of it
      database: none
      needs: [orders.v1]
    - name: orders
      from: shop
      database: {kind: postgresql}
      provides: [orders.v1]
"""


def model_from(seen: Landscape) -> str:
    """The text of a model.yaml to begin with; where nothing runs, an example."""
    # A label may hold what no name of a service may.
    running = [one for one in seen.services.values() if one.runs and DNS_LABEL.fullmatch(one.name)][:SERVICES_MAX]
    if not running:
        return f"{HEAD}  services:\n{NOBODY}{NEXT}{EXAMPLE}"
    promised = {promise for one in running for promise in one.promises}
    services = "".join(line for one in running for line in _service(one, seen, promised))
    return f"{HEAD}  services:\n{services}{NEXT}{services}"


def _service(one: SeenService, seen: Landscape, promised: Collection[str]) -> Iterator[str]:
    yield f"    - name: {one.name}\n"
    if DNS_LABEL.fullmatch(one.team):
        yield f"      team: {one.team}\n"
    own = next((database for database in seen.databases_of(one.name) if database.services == (one.name,)), None)
    if own is not None:
        version = f', version: "{own.version}"' if own.version else ""
        yield f"      database: {{kind: {own.kind}{version}}}\n"
    if one.promises:
        yield f"      provides: [{', '.join(one.promises)}]\n"
    standings = (standing for (consumer, _), standing in seen.contracts.items() if consumer == one.name)
    needs = sorted({standing.promise for standing in standings} & {*promised})
    if needs:
        yield f"      needs: [{', '.join(needs)}]\n"

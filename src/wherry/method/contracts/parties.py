"""Who may agree to a contract for a team: contracts/parties.yaml.

    parties:
      - team: shop
        service: orders
        people: [ana, ben]

or, where nothing else is to be said, `teams: {shop: [ana, ben]}`. The people are users of the cluster, by the names
that it knows them under.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wherry.method.contracts.reading import Place, Text, read_file


@dataclass(frozen=True, slots=True)
class Parties:
    """Teams and their people."""

    teams: Mapping[str, tuple[str, ...]]

    def people(self, team: str) -> tuple[str, ...]:
        """Who may sign for a team."""
        return self.teams.get(team, ())


def read_parties(path: Path) -> Parties:
    """Read the file. Raises BrokenDocument."""
    text = read_file(path)
    made: dict[str, tuple[str, ...]] = {}
    for team, people, place in _entries(text):
        if not isinstance(people, list) or not all(isinstance(one, str) and one for one in people):
            raise text.broken(place, "must be a list of people", "write [ana, ben]")
        made[team] = tuple(dict.fromkeys((*made.get(team, ()), *people)))
    if not made:
        raise text.broken(("parties",), "there are no teams", "write parties: [{team: shop, people: [ana]}]")
    return Parties(made)


def _entries(text: Text) -> Iterator[tuple[str, object, Place]]:
    """Each team, its people as written, and where that stands."""
    teams, parties = text.data.get("teams"), text.data.get("parties")
    for team, people in (teams if isinstance(teams, dict) else {}).items():
        yield team, people, ("teams", team)
    for index, party in enumerate(parties if isinstance(parties, list) else []):
        place = ("parties", str(index))
        team = party.get("team") if isinstance(party, dict) else None
        if not isinstance(team, str) or not team:
            raise text.broken(place, "a party has a team", "write - {team: shop, people: [ana]}")
        yield team, party.get("people", []), (*place, "people")

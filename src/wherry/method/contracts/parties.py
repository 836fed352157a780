"""Who may agree to a contract for a team: contracts/parties.yaml.

    teams:
      shop: [ana, ben]
      web: [carla]

The people are users of the cluster, by the names that it knows them under.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wherry.method.contracts.reading import read_file


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
    teams = text.data.get("teams")
    if not isinstance(teams, dict) or not teams:
        raise text.broken(("teams",), "there are no teams", "write teams: {shop: [ana]}")
    made = {}
    for team, people in teams.items():
        if not isinstance(people, list) or not people or not all(isinstance(one, str) and one for one in people):
            raise text.broken(("teams", team), "must be a list of people", f"write {team}: [ana, ben]")
        made[team] = tuple(people)
    return Parties(made)

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.method.contracts.parties import read_parties
from wherry.method.contracts.reading import BrokenDocument


@pytest.mark.parametrize(
    "text",
    [
        "parties:\n  - {team: shop, role: provider, service: orders, people: [ana, ben]}\n  - {team: web, people: []}",
        "teams: {shop: [ana, ben]}",
        "parties: [{team: shop, service: orders, people: [ana]}, {team: shop, service: bills, people: [ana, ben]}]",
    ],
)
def test_the_people_of_a_team_may_sign_for_it_and_nobody_else(text: str, tmp_path: Path) -> None:
    path = tmp_path / "parties.yaml"
    path.write_text(text)
    assert read_parties(path).people("shop") == ("ana", "ben")
    assert read_parties(path).people("web") == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1", "there are no teams"),
        ("teams: {shop: ana}", "line 1: teams.shop: must be a list of people"),
        ("parties:\n  - {people: [ana]}", "line 2: parties.0: a party has a team"),
        ("parties:\n  - team: shop\n    people: [1]", "line 3: parties.0.people: must be a list of people"),
    ],
)
def test_a_file_that_names_nobody_properly_says_so(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "parties.yaml"
    path.write_text(text)
    with pytest.raises(BrokenDocument, match=complaint):
        read_parties(path)

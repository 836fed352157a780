"""The small picture of each word."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from wherry.dashboard.thumbnails import HEIGHT, WIDTH, sketches, thumbnail
from wherry.narrate.glossary import words


def test_every_word_has_a_picture_and_no_picture_is_without_a_word() -> None:
    assert sketches().keys() == words().keys()


def test_no_two_words_have_the_same_picture() -> None:
    assert [pair for pair in combinations(words(), 2) if thumbnail(pair[0]) == thumbnail(pair[1])] == []


@pytest.mark.parametrize("term", sketches())
def test_a_picture_is_small_has_no_colour_of_its_own_and_stays_in_its_frame(term: str) -> None:
    drawn = thumbnail(term)
    assert len(drawn) < 1000
    assert not re.search("fill=|stroke=|style=|#[0-9a-f]{3}", drawn)
    frame = ET.fromstring(drawn)
    assert len(frame) > 0
    for shape in frame.iter():
        found = {name: float(value) for name, value in shape.attrib.items() if re.fullmatch(r"-?[\d.]+", value)}
        across, down = found.get("x", found.get("cx", 0)), found.get("y", found.get("cy", 0))
        wide, high = found.get("r", found.get("width", 0)), found.get("r", found.get("height", 0))
        assert 0 <= across <= across + wide <= WIDTH
        assert 0 <= down <= down + high <= HEIGHT


def test_a_word_without_a_picture_has_none() -> None:
    assert thumbnail("no such word") == ""

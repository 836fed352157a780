"""The glossary: each word with its picture, and how many there are for who may know it."""

from __future__ import annotations

import pytest

from suites.shop_window import Shop
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.pod import PODS
from wherry.dashboard.views.glossary import GLOSSARY, kinds
from wherry.narrate.glossary import words

ADDRESS = f"/ui/{GLOSSARY.path}"


def entry(body: str, term: str) -> str:
    """What the page says about a word."""
    return body.partition(f"<h2>{term}</h2>")[2].partition("</li>")[0]


@pytest.mark.parametrize(("term", "resource"), [("pod", PODS), ("config map", CONFIG_MAPS)])
async def test_a_word_says_how_many_there_are(full_shop: Shop, term: str, resource: object) -> None:
    body = (await full_shop.browser.ask("GET", ADDRESS)).body
    number = await full_shop.client.count(resource)  # type: ignore[arg-type]  # any kind
    assert f"In your cluster right now: {number} of them." in entry(body, term)
    assert "In your cluster right now: none of them." in entry(body, "ingress")
    assert "right now" not in entry(body, "taint")
    assert "<svg" in entry(body, term)


async def test_who_may_not_list_a_kind_is_not_told_how_many_there_are(full_shop: Shop) -> None:
    stranger = await full_shop.browser_of("zoe")
    body = (await stranger.ask("GET", ADDRESS)).body
    assert "Not to be confused with" in entry(body, "secret")
    assert "right now" not in entry(body, "secret")


def test_every_kind_that_a_word_counts_can_be_counted() -> None:
    assert {word.counts for word in words().values()} - {""} <= kinds().keys()

"""The explanations of all words at the end of a page."""

from __future__ import annotations

from wherry.dashboard.popovers import popovers
from wherry.dashboard.thumbnails import thumbnail
from wherry.narrate.glossary import words


def test_every_word_has_one_explanation_on_a_page() -> None:
    assert popovers().count("<div popover ") == len(words())


def test_an_explanation_has_the_picture_what_it_is_not_the_word_for_kubectl_and_the_way_to_the_number() -> None:
    (told,) = [one for one in popovers().split("<div popover ") if one.startswith('id="word-config-map"')]
    for part in (
        thumbnail("config map"),
        "Not to be confused with: ",
        "kubectl get configmaps",
        'href="/ui/glossary#entry/config_map"',
    ):
        assert part in told


def test_what_is_read_from_a_disk_leads_nowhere() -> None:
    assert "href" not in popovers(is_live=False)

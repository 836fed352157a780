"""Nobody's name becomes markup, and technical words can be asked about."""

from __future__ import annotations

from wherry.dashboard.markup import definitions, element_id, hidden_fields, link, text, url, with_terms

EVIL = '"><script>alert(1)</script>'


def test_no_name_becomes_markup() -> None:
    for made in (text(EVIL), link("/ui/", EVIL), with_terms(f"pod {EVIL}"), hidden_fields(name=EVIL)):
        assert "<script" not in made
    assert "<script" not in definitions([(EVIL, "")])


def test_paths_are_escaped_segment_by_segment() -> None:
    assert url("pods", "a/b", "c?d", app="x y") == "/ui/pods/a%2Fb/c%3Fd?app=x+y"
    assert url(node="") == "/ui/"
    assert element_id("pod", "a b") == "pod/a_b"


def test_a_technical_word_opens_its_explanation_once_a_sentence() -> None:
    said = with_terms("A pod waits, because no node takes a pod.")
    assert said.count('popovertarget="word-pod"') == 1
    assert 'popovertarget="word-node"' in said

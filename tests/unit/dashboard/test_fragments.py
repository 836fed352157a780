"""Patches make the old page into the new one, whatever has changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wherry.dashboard.fragments import ROOT, Fragment, Tree, difference

NODES = ("a", "b", "c")


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    nodes = draw(st.permutations(NODES))[: draw(st.integers(0, 3))]
    pods = draw(st.permutations([f"p{number}" for number in range(6)]))
    marks, words = st.sampled_from("xy"), st.sampled_from("uv")
    pieces = [Fragment(node, ROOT, f"<ul id={node} class={draw(marks)}>", "</ul>") for node in nodes]
    shown = pods[: draw(st.integers(0, 6))] if nodes else []
    pieces += [Fragment(pod, draw(st.sampled_from(nodes)), f"<li id={pod}>{draw(words)}</li>") for pod in shown]
    return Tree(pieces)


def patched(old: Tree, new: Tree) -> dict[str, list[str]]:
    """What a browser has after the patches: parent -> children in order, as ids."""
    children = {parent: [*own] for parent, own in old.children.items()}

    def take_out(piece: str) -> None:
        for own in children.values():
            if piece in own:
                own.remove(piece)

    for patch in difference(old, new):
        piece = str(patch["id"])
        take_out(piece)
        if patch.get("gone"):
            continue
        if "html" in patch:
            assert patch["html"] == new.html(piece)
            for inside in new.children.get(piece, ()):
                take_out(inside)
            if piece in new.children:
                children[piece] = [*new.children[piece]]
        own = children[str(patch["parent"])]
        after = str(patch["after"])
        own.insert(own.index(after) + 1 if after else 0, piece)
    return {parent: own for parent, own in children.items() if parent in new.children}


@given(trees(), trees())
def test_after_the_patches_every_piece_is_where_it_belongs(old: Tree, new: Tree) -> None:
    assert patched(old, new) == new.children


@given(trees())
def test_nothing_is_sent_when_nothing_has_changed(tree: Tree) -> None:
    assert difference(tree, tree) == []


def test_one_change_among_many_is_one_patch() -> None:
    def tree(word: str) -> Tree:
        pieces = [Fragment(f"p{number}", "pods", f"<li>{number}</li>") for number in range(100)]
        pieces[50] = Fragment("p50", "pods", f"<li>{word}</li>")
        return Tree([Fragment("pods", ROOT, "<ul>", "</ul>"), *pieces])

    assert difference(tree("a"), tree("b")) == [{"id": "p50", "parent": "pods", "after": "p49", "html": "<li>b</li>"}]

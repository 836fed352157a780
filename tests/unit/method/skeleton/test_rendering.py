from __future__ import annotations

import jinja2
import pytest

from wherry.method.skeleton.rendering import TemplateError, render

VALUES = {"name": "orders", "web": "plain", "partner": ""}
TEXTS = [
    "plain text, {braces}, {a: {b: c}}\n",
    "name: {{ name }}\n",
    "{app: {{ name }}}\n",
    "a\n{% if web == 'plain' %}\nb\n{% endif %}\nc\n",
    "a\n{% if web == 'fastapi' %}\nb\n{% else %}\nother\n{% endif %}\nc\n",
    "a\n  {% if partner %}\n  b\n  {% endif %}\nc\n",
    "{% if web != 'plain' %}x{% endif %}y {% if name %} z{% endif %} end\n",
    "{% if name %}\n{% if partner %}\nno\n{% else %}\nyes {{ name }}\n{% endif %}\n{% endif %}",
    "x {% if name %}\n  kept\n{% endif %}\n\n\nlast",
    "{% if partner %}{% if name %}no{% else %}no{% endif %}{% endif %}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_template_becomes_what_jinja_makes_of_it(text: str) -> None:
    jinja = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)
    assert render(text, VALUES) == jinja.from_string(text).render(VALUES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ nobody }}", "no value for 'nobody'"),
        ("{% if name %}", "no {% endif %}"),
        ("{% endif %}", "without an"),
        ("{% else %}", "without an"),
        ("{% for x in y %}", "none of if, else, endif"),
        ("{% if name | upper %}{% endif %}", "neither a name nor a comparison"),
    ],
)
def test_what_cannot_be_rendered_is_named(text: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        render(text, VALUES)

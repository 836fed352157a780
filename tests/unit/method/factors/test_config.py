"""Which settings the manifests give."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from wherry.apimachinery.document import Document
from wherry.method.evidence.observation import Weight
from wherry.method.factors.config import CONFIG
from wherry.method.facts.facts import EnvironmentFacts, Facts, Module

CODE = 'import os\ncolour = os.environ["APP_COLOUR"]\n'


@pytest.mark.parametrize(("prefix", "weight"), [("APP_", Weight.SUPPORTS), ("", Weight.DOUBT)])
def test_a_variable_is_given_with_the_prefix_of_its_config_map(prefix: str, weight: Weight) -> None:
    source: Document = {"prefix": prefix, "configMapRef": {"name": "orders"}}
    spec: Document = {"containers": [{"name": "orders", "image": "orders:1", "envFrom": [source]}]}
    manifests: tuple[Document, ...] = (
        {"kind": "ConfigMap", "metadata": {"name": "orders"}, "data": {"COLOUR": "red"}},
        {"kind": "Deployment", "metadata": {"name": "orders"}, "spec": {"template": {"spec": spec}}},
    )
    module = Module("src/orders/app.py", "orders.app", CODE, ast.parse(CODE))
    facts = Facts(Path(), "orders", (module,), environments=(EnvironmentFacts("dev", "deploy", manifests),))
    (found,) = CONFIG.static(facts)
    assert found.weight is weight

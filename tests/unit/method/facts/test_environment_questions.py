"""Which comparisons ask for the environment, and which only for something that is live or in a stage."""

from __future__ import annotations

import ast

import pytest

from wherry.method.facts.environment_questions import environment_questions
from wherry.method.facts.facts import Module


def asked(text: str) -> list[str]:
    module = Module("src/orders/app.py", "orders.app", text, ast.parse(text))
    return [name for name, _ in environment_questions(module)]


@pytest.mark.parametrize(
    "text",
    [
        'environ.get("STAGE") == "prod"',
        'os.environ["APP_ENV"].lower() == "prod"',
        '"prod" == os.getenv("MODE", "dev")',
        'settings.ENV == "prod"',
        'app.config["ENVIRONMENT"] == "prod"',
        'environment in ("prod", "staging")',
        'deployment_env != "prod"',
        'config.stage == "prod"',
        'settings.get("profile") == "prod"',
        'from shop.settings import STAGE\nSTAGE == "prod"',
        'stage = os.environ["STAGE"]\nstage == "prod"',
        'self.stage = _text(environ, "STAGE")\nself.stage.upper() == "prod"',
        '(env or "dev") == "prod"',
        'get_env() == "prod"',
        'settings.environment.value == "prod"',
        'self.env.name == "prod"',
        'str(settings.env) == "prod"',
        'getattr(settings, "env") == "prod"',
        'getattr(config, "stage", "dev").lower() == "prod"',
        '(settings.env or "dev").lower() == "prod"',
        'env[:4] == "prod"',
        'str(settings.stage.value)[:4].lower() == "prod"',
        '(name := settings.env) == "prod"',
    ],
)
def test_a_comparison_with_the_environments_name_asks_for_it(text: str) -> None:
    assert asked(text) == ["prod"]


@pytest.mark.parametrize(
    "text",
    [
        'profile.status == "live"',
        'pipeline.stage == "live"',
        'stage == "live"',
        'deployment.state == "live"',
        'profile == "dev"',
        'deal.stage in ("qa", "live")',
        'stage = deal["stage"]\nstage == "live"',
        'config.mode == "live"',
        'environ.get("STAGE") == "blue"',
        'envelope.kind == "live"',
        'profile.name == "dev"',
        'pipeline.stage.value == "live"',
        'str(deal.stage) == "live"',
        'getattr(deal, "stage") == "live"',
        'getattr(settings, name) == "live"',
        '(deal.stage or "dev").lower() == "live"',
        'stage[:4] == "live"',
    ],
)
def test_a_comparison_of_anything_else_does_not(text: str) -> None:
    assert asked(text) == []

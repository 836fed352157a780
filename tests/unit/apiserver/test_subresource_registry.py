from __future__ import annotations

import pytest

from wherry.api.registry import RESOURCE_TYPES
from wherry.apiserver.environment import Handler
from wherry.apiserver.subresources.attach import handle_attach
from wherry.apiserver.subresources.binding import handle_binding
from wherry.apiserver.subresources.eviction import handle_eviction
from wherry.apiserver.subresources.exec import handle_exec
from wherry.apiserver.subresources.finalize import handle_finalize
from wherry.apiserver.subresources.log import handle_log
from wherry.apiserver.subresources.part import handle_own_part
from wherry.apiserver.subresources.port_forward import handle_port_forward
from wherry.apiserver.subresources.registry import GENERIC, OWN
from wherry.apiserver.subresources.scale import handle_scale
from wherry.apiserver.subresources.status import handle_status
from wherry.apiserver.subresources.token import handle_token

DECLARED = {(kind.group, kind.plural, one.name) for kind in RESOURCE_TYPES for one in kind.subresources}


def test_what_a_kind_declares_is_answered() -> None:
    assert {key for key in DECLARED if key not in OWN and key[2] not in GENERIC} == set()


def test_what_is_answered_is_declared_by_a_kind() -> None:
    assert set(OWN) <= DECLARED
    assert set(GENERIC) <= {name for _, _, name in DECLARED}


@pytest.mark.parametrize(
    ("path", "handler"),
    [
        ("pods/attach", handle_attach),
        ("pods/binding", handle_binding),
        ("pods/eviction", handle_eviction),
        ("pods/ephemeralcontainers", handle_own_part),
        ("pods/exec", handle_exec),
        ("pods/resize", handle_own_part),
        ("pods/log", handle_log),
        ("pods/portforward", handle_port_forward),
        ("pods/status", handle_status),
        ("namespaces/finalize", handle_finalize),
        ("serviceaccounts/token", handle_token),
        ("deployments/scale", handle_scale),
    ],
)
def test_each_path_has_its_own_answer(path: str, handler: Handler) -> None:
    plural, _, name = path.partition("/")
    assert OWN.get(("", plural, name), GENERIC.get(name)) is handler

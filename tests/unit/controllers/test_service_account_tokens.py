from __future__ import annotations

import base64

from suites.controller_objects import meta
from suites.fake_view import FakeView
from wherry.api.core.secret import Secret
from wherry.api.core.serviceaccount import ServiceAccount
from wherry.controllers.service_account_tokens import NAME, TYPE, UID, plan_secret
from wherry.reconcile.actions import Action, Delete, Patch

ACCOUNT = ServiceAccount(metadata=meta("till"))


def secret(data: dict[str, str] | None = None, annotations: dict[str, str] | None = None) -> Secret:
    return Secret(metadata=meta("s", annotations={NAME: "till", **(annotations or {})}), type=TYPE, data=data or {})


def plan(*objects: Secret | ServiceAccount) -> list[Action]:
    made = lambda namespace, account, uid, name: f"{namespace}/{account}/{uid}/{name}"  # noqa: E731 - one line, one use
    return list(plan_secret(meta("s").key, FakeView(objects), "PEM", made))


def test_a_secret_gets_a_token_of_its_account() -> None:
    (action,) = plan(secret(), ACCOUNT)
    assert isinstance(action, Patch)
    data = action.patch["data"]
    assert isinstance(data, dict)
    assert {name: base64.b64decode(value).decode() for name, value in data.items()} == {
        "ca.crt": "PEM",
        "namespace": "ns",
        "token": "ns/till/uid-till/s",
    }
    assert action.patch["metadata"] == {"annotations": {UID: "uid-till"}}


def test_a_secret_that_is_full_is_left_alone() -> None:
    data = {"ca.crt": "UEVN", "namespace": "bnM=", "token": "eA=="}
    assert plan(secret(data, {UID: "uid-till"}), ACCOUNT) == []


def test_a_secret_goes_with_its_account_unless_that_is_there_after_all() -> None:
    for objects in ((secret(),), (secret(None, {UID: "uid-of-before"}), ACCOUNT)):
        (action,) = plan(*objects)
        assert isinstance(action, Delete)
        assert action.unless

from __future__ import annotations

import base64

import jwt
import pytest

from suites.controller_objects import NOW_S, meta
from suites.fake_view import FakeView
from wherry.api.core.configmap import ConfigMap
from wherry.api.core.secret import Secret
from wherry.apimachinery.timestamps import format_time
from wherry.controllers.bootstrap_signer import CLUSTER_INFO, plan
from wherry.controllers.token_cleaner import plan as plan_cleaning
from wherry.reconcile.actions import Delete, Patch, Requeue

CONTENT = "apiVersion: v1\nkind: Config\n"


def token(token_id: str = "abcdef", **data: str) -> Secret:
    fields = {"token-id": token_id, "token-secret": "0123456789abcdef", "usage-bootstrap-signing": "true", **data}
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in fields.items()}
    name = f"bootstrap-token-{token_id}"
    return Secret(metadata=meta(name, "kube-system"), type="bootstrap.kubernetes.io/token", data=encoded)


def info(**data: str) -> ConfigMap:
    return ConfigMap(metadata=meta("cluster-info", "kube-public"), data={"kubeconfig": CONTENT, **data})


# Bootstrap tokens are as long as they are.
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_cluster_info_is_signed_with_each_token() -> None:
    view = FakeView(
        [info(**{"jws-kubeconfig-gone00": "x"}), token(), token("nosign", **{"usage-bootstrap-signing": ""})]
    )
    (action,) = plan(CLUSTER_INFO, view)
    assert isinstance(action, Patch)
    data = action.patch["data"]
    assert isinstance(data, dict)
    assert data["jws-kubeconfig-gone00"] is None
    head, empty, signature = str(data["jws-kubeconfig-abcdef"]).split(".")
    assert empty == ""
    body = base64.urlsafe_b64encode(CONTENT.encode()).rstrip(b"=").decode()
    decoded = jwt.PyJWS().decode(f"{head}.{body}.{signature}", "0123456789abcdef", algorithms=["HS256"])
    assert decoded == CONTENT.encode()
    assert jwt.get_unverified_header(f"{head}.{body}.{signature}") == {"alg": "HS256", "kid": "abcdef"}


def test_what_is_signed_is_left_alone() -> None:
    (action,) = plan(CLUSTER_INFO, FakeView([info(), token()]))
    assert isinstance(action, Patch)
    signed = info(**action.patch["data"])  # type: ignore[arg-type]
    assert plan(CLUSTER_INFO, FakeView([signed, token()])) == []


def test_a_token_goes_when_its_time_is_over() -> None:
    for left_s, wanted in ((60.0, Requeue), (-1.0, Delete)):
        one = token(expiration=format_time(NOW_S + left_s))
        (action,) = plan_cleaning(one.metadata.key, FakeView([one]))
        assert isinstance(action, wanted)
    assert plan_cleaning(token().metadata.key, FakeView([token()])) == []

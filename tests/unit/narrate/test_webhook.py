from __future__ import annotations

import pytest

from wherry.kit.http.client import ConnectionFailed
from wherry.narrate.webhook import BadAddress, Refusal, Webhook, deliver

URL = "https://chat.example:8443/T0/secret?key=1"


def test_the_path_of_a_webhook_is_a_secret_and_is_never_shown() -> None:
    assert Webhook(URL).name == "https://chat.example:8443"


@pytest.mark.parametrize("url", ["", "ftp://a/secret", "http://me:secret@a/"])
def test_what_is_no_address_is_refused_without_saying_it_again(url: str) -> None:
    with pytest.raises(BadAddress) as refused:
        _ = Webhook(url)
    assert "secret" not in str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("outcome", "refusal"),
    [
        (204, None),
        (302, Refusal("the answer 302 leads to another address, where no message goes by itself", is_final=True)),
        (404, Refusal("the answer was 404", is_final=True)),
        (429, Refusal("the answer was 429")),
        (503, Refusal("the answer was 503")),
        (TimeoutError(), Refusal("no answer within 10 s", is_away=True)),
        (ConnectionFailed("cannot connect"), Refusal("cannot connect", is_away=True)),
    ],
)
async def test_what_becomes_of_a_message_is_said_with_whether_to_try_again(
    monkeypatch: pytest.MonkeyPatch, outcome: int | Exception, refusal: Refusal | None
) -> None:
    async def post(_: Webhook, _body: bytes) -> int:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(Webhook, "post", post)
    assert await deliver(Webhook(URL), b"{}") == refusal


async def test_a_name_that_no_host_can_have_is_a_receiver_that_is_not_there() -> None:
    refusal = await deliver(Webhook("http://a..b/"), b"{}")
    assert refusal is not None
    assert refusal.is_away

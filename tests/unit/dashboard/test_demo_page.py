from __future__ import annotations

from suites.api_harness import Api
from suites.page_reader import HOST, Browser
from unit.dashboard.test_app import api, browser
from wherry.dashboard.views.demo import DEMO
from wherry.dashboard.views.registry import VIEWS

__all__ = ["api", "browser"]
STEP = "{say: Somebody does x, call: GET /x, expect: {status: 200}}"


async def test_a_journey_is_offered_and_its_play_is_told(browser: Browser, api: Api) -> None:
    assert DEMO in VIEWS
    await browser.sign_in()
    assert "No service here has a journey yet." in (await browser.read("/ui/demo")).text
    meta = {"name": "orders-journeys", "labels": {"wherry.dev/journeys": "orders"}}
    data = {"do-x.yaml": f"{{journey: do-x, title: Do x, steps: [{STEP}]}}"}
    await api.must("POST", "/api/v1/namespaces/default/configmaps", {"metadata": meta, "data": data})
    page = await browser.read("/ui/demo?ns=default")
    assert "Play do-x on orders" in page.text
    play = "/ui/play/default/orders/do-x"
    assert (await browser.ask("POST", play, origin="https://evil.example")).status == 403
    whole = await browser.ask("POST", play, origin=f"https://{HOST}")
    assert "orders does not run here" in whole.body
    told = await browser.ask("POST", play, origin=f"https://{HOST}", accept="text/event-stream")
    assert told.body.startswith('data: <li class="trouble">')
    assert (await browser.ask("POST", "/ui/play/default/orders/x", origin=f"https://{HOST}")).status == 404

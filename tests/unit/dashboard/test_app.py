"""The dashboard over a real API server in memory, its pages read as a browser without a script reads them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from random import Random
from urllib.parse import urlencode, urlsplit

import orjson
import pytest

from suites.api_harness import Api, make_api
from suites.page_reader import HOST, Browser
from wherry.apimachinery.document import Document
from wherry.dashboard.app import VIEWS_PER_STREAM_MAX, Dashboard
from wherry.dashboard.place import is_dashboards
from wherry.dashboard.views.changes import CHANGES
from wherry.dashboard.views.glossary import GLOSSARY
from wherry.dashboard.views.next import NEXT
from wherry.dashboard.views.picture import PICTURE
from wherry.dashboard.views.pod import POD
from wherry.dashboard.views.registry import VIEWS
from wherry.dashboard.views.story import STORY
from wherry.dashboard.views.workload import WORKLOAD
from wherry.kit.clock import FakeClock, settle
from wherry.kit.http.types import Peer, Request
from wherry.kit.tasks import TaskScope

TEMPLATE: Document = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    await api.must("POST", "/api/v1/nodes", {"metadata": {"name": "laptop"}})
    spec = {"nodeName": "laptop", "containers": [{"name": "c", "image": "i:1"}]}
    await api.must("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "web-1"}, "spec": spec})
    selector = {"matchLabels": {"app": "web"}}
    deployment = {"metadata": {"name": "web"}, "spec": {"replicas": 2, "selector": selector, "template": TEMPLATE}}
    await api.must("POST", "/apis/apps/v1/namespaces/default/deployments", deployment)
    return api


@pytest.fixture
async def browser(api: Api, clock: FakeClock) -> AsyncIterator[Browser]:
    past = api.server.environment.store
    dashboard = Dashboard(api.server.app, clock, Random(7), hosts=["127.0.0.1"], past=past)
    async with TaskScope("test") as scope:
        _ = scope.start("dashboard", dashboard.run())
        await dashboard.ready.wait()
        yield Browser(dashboard)


async def test_nobody_sees_anything_without_signing_in(browser: Browser) -> None:
    for address in ("/ui", "/ui/", "/ui/story", "/ui/stream?view=", "/ui/v1/picture.json", "/ui/logs/default/web-1"):
        answer = await browser.ask("GET", address)
        assert answer.status == 401
        assert "wherry open" in answer.body
        assert "web-1" not in answer.body
    assert (await browser.send("stop", namespace="default", name="web-1")).status == 401


async def test_a_link_is_for_who_has_proved_who_they_are_and_works_once(browser: Browser) -> None:
    refused = await browser.ask("POST", "/ui/login-links", authorization="Bearer wrong")
    assert refused.status == 401
    assert (await browser.ask("POST", "/ui/login-links", origin="https://evil.example")).status == 403
    made = await browser.ask("POST", "/ui/login-links")
    parts = urlsplit(orjson.loads(made.body)["url"])
    address = f"{parts.path}?{parts.query}"
    assert (await browser.ask("GET", address, sec_purpose="prefetch")).status == 403
    assert (await browser.ask("GET", address)).status == 200
    assert (await browser.ask("GET", address)).status == 401


async def test_every_view_is_complete_without_a_script(browser: Browser) -> None:
    await browser.sign_in()
    picture = await browser.read("/ui/")
    assert "pod/default/web-1" in picture.ids
    assert "node/laptop" in picture.ids
    assert "one more web is wanted" in picture.text
    assert "kubernetes-admin" in picture.text
    for view in VIEWS:
        if not view.segments:
            await browser.read(f"/ui/{view.path}")
    assert "0 of 2 copies run." in (await browser.read("/ui/next")).text
    pod = await browser.read("/ui/pods/default/web-1")
    assert "nobody makes it anew" in pod.text
    assert "kubectl delete pod web-1 -n default" in pod.text
    workload = await browser.read("/ui/workloads/Deployment/default/web")
    assert "image: i:1" in (await browser.read("/ui/yaml/Deployment/default/web")).text
    assert "kubectl scale deployment/web -n default --replicas=N" in workload.text


async def test_the_picture_shows_what_was_asked_for(browser: Browser) -> None:
    await browser.sign_in()
    assert "pod/default/web-1" not in (await browser.read("/ui/?app=other")).ids
    assert "pod/default/web-1" not in (await browser.read("/ui/?state=Failed")).ids
    far = await browser.read("/ui/?zoom=nodes")
    assert "node/laptop" in far.ids
    assert "pod/default/web-1" not in far.ids
    facts = orjson.loads((await browser.ask("GET", "/ui/v1/picture.json")).body)
    assert [pod["name"] for pod in facts["nodes"][0]["pods"]] == ["web-1"]


async def test_what_is_not_there_is_said_and_not_guessed(browser: Browser) -> None:
    await browser.sign_in()
    assert "is not there any more" in (await browser.read("/ui/pods/default/nobody")).text
    for address in ("/ui/nowhere", "/ui/pods/default", "/ui/workloads/Secret/default/x", "/ui/static/app.py"):
        assert (await browser.ask("GET", address)).status == 404
    assert (await browser.ask("PUT", "/ui/")).status == 405


async def test_a_form_changes_what_it_says_in_the_persons_name(browser: Browser, api: Api) -> None:
    await browser.sign_in()
    web = "/apis/apps/v1/namespaces/default/deployments/web"
    scaled = await browser.send("scale", kind="Deployment", namespace="default", name="web", replicas="5")
    assert (scaled.status, scaled.headers["Location"]) == (303, "/ui/workloads/Deployment/default/web")
    assert (await api.ask("GET", web)).at("spec.replicas") == 5
    assert "web shall have 5 copies now." in (await browser.read("/ui/")).text
    assert "web shall have 5 copies now." not in (await browser.read("/ui/")).text
    await browser.send("restart", kind="Deployment", namespace="default", name="web")
    annotations = (await api.ask("GET", web)).at("spec.template.metadata.annotations")
    assert isinstance(annotations, dict)
    assert "kubectl.kubernetes.io/restartedAt" in annotations
    await browser.send("cordon", name="laptop")
    assert (await api.ask("GET", "/api/v1/nodes/laptop")).at("spec.unschedulable") is True
    await browser.send("uncordon", name="laptop")
    assert (await api.ask("GET", "/api/v1/nodes/laptop")).at("spec.unschedulable") is None
    await browser.send("stop", namespace="default", name="web-1")
    gone = await api.ask("GET", "/api/v1/namespaces/default/pods/web-1")
    assert gone.status == 404 or gone.at("metadata.deletionTimestamp")


@pytest.mark.parametrize("replicas", ["", "-1", "many", "1e9", "999999999", "٣"])
async def test_a_number_of_copies_that_is_none_is_refused(browser: Browser, replicas: str) -> None:
    await browser.sign_in()
    answer = await browser.send("scale", kind="Deployment", namespace="default", name="web", replicas=replicas)
    assert answer.status == 400


async def test_forms_of_strangers_and_strange_forms_are_refused(browser: Browser) -> None:
    await browser.sign_in()
    body = urlencode({"namespace": "default", "name": "web-1"})
    assert (await browser.ask("POST", "/ui/actions/stop", body, origin="https://evil.example")).status == 403
    assert (await browser.ask("POST", "/ui/logout", origin="null")).status == 403
    assert (await browser.send("stop", namespace="default", name="../x")).status == 400
    assert (await browser.send("explode")).status == 404
    assert (await browser.ask("GET", "/ui/", host="evil.example")).status == 421


async def test_whoever_may_nothing_sees_nothing_and_changes_nothing(browser: Browser, api: Api) -> None:
    await browser.sign_in(authorization="Bearer secret-token")
    page = await browser.read("/ui/")
    assert "alice" in page.text
    assert "You may not see the pods of the whole cluster." in page.text
    assert "web-1" not in page.text
    assert "web-1" not in (await browser.ask("GET", "/ui/story")).body
    assert (await browser.ask("GET", "/ui/pods/default/web-1")).status == 403
    assert (await browser.ask("GET", "/ui/logs/default/web-1")).status == 403
    assert (await browser.send("stop", namespace="default", name="web-1")).status == 403
    assert (await api.ask("GET", "/api/v1/namespaces/default/pods/web-1")).at("metadata.deletionTimestamp") is None


async def test_rights_that_are_given_and_taken_change_what_is_seen(
    browser: Browser, api: Api, clock: FakeClock
) -> None:
    await browser.sign_in(authorization="Bearer secret-token")
    assert "web-1" not in (await browser.read("/ui/")).text
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "looks"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"}
    bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    await api.must("POST", roles, {"metadata": {"name": "looks"}, "rules": rules})
    await api.must("POST", bindings, {"metadata": {"name": "alice"}, "roleRef": role, "subjects": [subject]})
    await clock.advance(20)
    await settle(1000)
    seen = (await browser.read("/ui/")).text
    assert "web-1" in seen
    assert "You may not see laptop itself; it runs 1 pod." in seen
    assert "laptop is gone" not in seen
    await api.must("DELETE", f"{bindings}/alice")
    await clock.advance(20)
    await settle(1000)
    assert "web-1" not in (await browser.read("/ui/")).text


async def test_signing_out_ends_the_session(browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.ask("POST", "/ui/logout", origin=f"https://{HOST}")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert (await browser.ask("GET", "/ui/")).status == 401


async def test_a_certificate_that_has_ended_ends_the_session(browser: Browser, clock: FakeClock) -> None:
    from wherry.dashboard.person import Credentials

    peer = Peer("kubernetes-admin", ("system:masters",), clock.now_s() + 30)
    cookie = browser.dashboard.sessions.redeem(browser.dashboard.sessions.make_code("me", Credentials(peer)))
    browser.cookie = f"__Host-wherry-6443={cookie}"
    await browser.read("/ui/")
    await clock.advance(31)
    assert (await browser.ask("GET", "/ui/")).status == 401


def test_the_navigation_leads_to_what_needs_no_name() -> None:
    assert VIEWS[0] is PICTURE
    assert {STORY, NEXT, GLOSSARY, POD, WORKLOAD} <= set(VIEWS)
    assert len({(view.path, view.segments) for view in VIEWS}) == len(VIEWS)
    assert [view.path for view in VIEWS if bool(view.label) == bool(view.segments)] == []


async def test_the_depth_of_reading_is_kept_and_changes_no_fact(browser: Browser) -> None:
    await browser.sign_in()
    plain = await browser.ask("GET", "/ui/next")
    assert '<html lang="en" data-depth="plain"' in plain.body
    changed = await browser.ask("POST", "/ui/depth", "back=%2Fui%2Fnext%3Fns%3Dx", origin=f"https://{HOST}")
    assert (changed.status, changed.headers["Location"]) == (303, "/ui/next?ns=x")
    deep = await browser.ask("GET", "/ui/next")
    assert 'data-depth="technical"' in deep.body
    assert deep.body.split("<h1>")[1] == plain.body.split("<h1>")[1]


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/api", "/ui/x%0d%0aSet-Cookie:a=b", ""])
async def test_the_way_back_leads_nowhere_else(browser: Browser, back: str) -> None:
    await browser.sign_in()
    answer = await browser.ask("POST", "/ui/depth", f"back={back}", origin=f"https://{HOST}")
    assert answer.headers["Location"] == "/ui/"


def test_only_paths_below_the_prefix_are_the_dashboards() -> None:
    assert [path for path in ("/ui", "/ui/", "/ui/x", "/uix", "/", "/api/ui") if is_dashboards(path)] == [
        "/ui", "/ui/", "/ui/x",
    ]  # fmt: skip


async def test_the_past_is_shown_by_a_form_without_a_script(browser: Browser) -> None:
    await browser.sign_in()
    picture = await browser.read("/ui/?at=1s")
    assert "As it was at" in picture.text
    assert "web-1" in picture.text
    assert "then" in picture.ids
    assert "As it was at" not in (await browser.read("/ui/")).text
    refused = await browser.ask("GET", "/ui/?at=2001-01-01")
    assert refused.status == 410
    assert "remember back to" in refused.body
    assert (await browser.ask("GET", "/ui/?at=soon")).status == 400


async def test_what_changed_is_a_page(browser: Browser, api: Api) -> None:
    await browser.sign_in()
    page = await browser.read(f"/ui/{CHANGES.path}?since=2001-01-01")
    assert "deployment web in default" in page.text
    assert "Node laptop joined the cluster" in page.text
    assert "Nothing changed between" in (await browser.read("/ui/changes?since=1s")).text
    part = await browser.read("/ui/changes?since=1s&ns=default")
    assert "In the namespace default: Nothing changed between" in part.text


async def test_the_story_can_be_asked_for_since_a_moment(browser: Browser) -> None:
    await browser.sign_in()
    page = await browser.read("/ui/story?since=2001-01-01")
    assert "Nothing has happened since" in page.text or "lines since" in page.text
    value = (await browser.ask("GET", "/ui/story")).body.partition('<p id="value">')[2].partition("</p>")[0]
    assert "repaired since" in value


async def test_a_moment_is_marked_on_a_page_and_asked_for_by_its_name(browser: Browser) -> None:
    await browser.sign_in()
    for address in ("/ui/story?since=last+review", "/ui/changes?since=last+review", "/ui/?at=last+review"):
        refused = await browser.ask("GET", address)
        assert refused.status == 400
        assert "nobody has marked a moment called &quot;review&quot;" in refused.body
        assert "wherry mark review" in refused.body
    assert (await browser.send("mark", name="!")).status == 400
    assert (await browser.send("mark", name="Review")).status == 303
    assert (
        'This moment is the last review now. The story knows it: "last review".'
        in (await browser.read("/ui/ceremonies")).text
    )
    assert "Nothing changed between" in (await browser.read("/ui/changes?since=last+review&until=1s")).text
    assert (await browser.ask("GET", "/ui/story?since=last+review")).status == 200
    assert "As it was at" in (await browser.read("/ui/?at=last+review")).text


async def test_the_story_can_be_asked_for_who_did_it(browser: Browser, api: Api) -> None:
    event = {
        "metadata": {"name": "told"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "web-1"},
        "reason": "Scheduled",
        "message": "Successfully assigned default/web-1 to laptop",
        "source": {"component": "default-scheduler"},
        "type": "Normal",
    }
    await api.must("POST", "/api/v1/namespaces/default/events", event)
    await browser.sign_in()
    whole = (await browser.ask("GET", "/ui/story?since=2001-01-01")).body
    scheduler = (await browser.ask("GET", "/ui/story?since=2001-01-01&who=SCHEDULER")).body
    assert whole.count('<li id="line/') > scheduler.count('<li id="line/') == 1
    assert 'value="SCHEDULER"' in scheduler


async def first_messages(browser: Browser, *views: str) -> dict[str, Document]:
    """What a stream of these views says at once, by view."""
    query = urlencode([("view", view) for view in views])
    response = await browser.dashboard.app(
        Request("GET", "/ui/stream", query, {"host": HOST, "cookie": browser.cookie})
    )
    assert response.status == 200
    assert isinstance(response.body, AsyncGenerator)
    _, first = await anext(response.body), await anext(response.body)
    await response.body.aclose()
    found = [orjson.loads(line.removeprefix("data: ")) for line in first.decode().splitlines() if "data: " in line]
    return {message["view"]: message for message in found}


async def test_a_view_that_cannot_be_shown_is_told_and_the_others_live(browser: Browser) -> None:
    await browser.sign_in()
    said = await first_messages(browser, "?at=2001-01-01", "", "nowhere", "next")
    assert "remember back to" in str(said["?at=2001-01-01"]["trouble"])
    assert said["nowhere"]["trouble"] == "There is no page at this address."
    assert "snapshot" in said[""]
    assert "snapshot" in said["next"]


async def test_who_lost_the_right_to_one_page_keeps_the_others(browser: Browser) -> None:
    await browser.sign_in(authorization="Bearer secret-token")
    said = await first_messages(browser, "pods/default/web-1", "glossary")
    assert "trouble" in said["pods/default/web-1"]
    assert "snapshot" in said["glossary"]


async def test_a_page_too_many_is_told_that_it_is_not_live(browser: Browser) -> None:
    await browser.sign_in()
    said = await first_messages(browser, *(f"?app={number}" for number in range(VIEWS_PER_STREAM_MAX + 1)))
    assert [view for view, message in said.items() if "trouble" in message] == [f"?app={VIEWS_PER_STREAM_MAX}"]
    assert "Close some" in str(said[f"?app={VIEWS_PER_STREAM_MAX}"]["trouble"])

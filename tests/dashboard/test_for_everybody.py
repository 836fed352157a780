"""Every view, for everybody: with everything opened, in each colour scheme, narrow, enlarged, and while it changes.

One walk over the registry of views looks at each page once and asks all of it there: a new view is walked by itself,
or the walk says that it needs an address. No page is excused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from suites.axe import COLOURS, violations
from suites.browser import NewVisit, Visit, needs_chromium
from suites.running_cluster import RunningCluster
from suites.shop import SPACE
from wherry.dashboard.views.registry import VIEWS

pytestmark = [needs_chromium, pytest.mark.usefixtures("shop")]

WEB = "Deployment/default/web"
NOWHERE = '--overrides={"spec":{"nodeSelector":{"is":"nowhere"}}}'
ADDRESSES: dict[tuple[str, int], tuple[str, ...]] = {
    ("", 0): ("", "?zoom=nodes"),
    ("ceremonies", 0): ("ceremonies", "ceremonies?for=retrospective"),
    ("releases", 0): ("releases", f"releases?left=shop-prod/orders-r2&right={SPACE}/orders-r4"),
    ("pods", 2): ("pods/default/stuck",),
    ("workloads", 3): (f"workloads/{WEB}",),
    ("services", 2): (f"services/{SPACE}/orders", f"services/{SPACE}/payments"),
    ("contracts", 2): (f"contracts/{SPACE}/web-orders",),
    ("done", 3): (f"done/config/{SPACE}/orders-r4", f"done/logs/{SPACE}/orders-r4"),
    ("log", 3): (f"log/{WEB}",),
    ("shell", 3): (f"shell/{WEB}",),
    ("settings", 3): (f"settings/{WEB}",),
    ("rollout", 3): (f"rollout/{WEB}",),
    ("yaml", 3): (f"yaml/{WEB}",),
}
"""Of the views of one thing, things; of the others what shows more than the bare page."""

SCHEMES = {"dark": {"color_scheme": "dark"}, "forced": {"forced_colors": "active"}}
OPEN_ALL = """() => {
  for (const one of document.querySelectorAll('main details')) one.open = true;
  const word = document.querySelector('main [popovertarget]');
  if (word) document.getElementById(word.getAttribute('popovertarget')).showPopover();
}"""
WIDTHS = {320: "a telephone's width", 640: "a screen of 1280 enlarged to 200 %"}
SIDEWAYS = """() => {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return "";
  const wide = [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > most + 1);
  return wide.slice(-1).map(one => one.outerHTML.slice(0, 200)).join() || "something";
}"""
ALIVE = """() => {
  const moving = document.getAnimations().filter(one => one.playState === 'running');
  return moving.map(one => one.animationName || one.transitionProperty);
}"""
REFRESHED = """async () => {
  // What a server says that has everything to say again: first each piece, then the whole view.
  const view = document.getElementById('view'), tell = new BroadcastChannel('wherry');
  const patches = [...view.children].filter(one => one.id).map((one, index, all) => (
    {id: one.id, parent: 'view', after: index ? all[index - 1].id : '', html: one.outerHTML}));
  const [epoch, number] = view.dataset.position.split('.');
  const said = {view: view.dataset.view, titleMark: '', say: '', revision: view.dataset.revision};
  const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const shows = async (content, step) => {
    const position = `${epoch}.${Number(number) + step}`;
    tell.postMessage({message: {...said, position, ...content}});
    while (view.dataset.position !== position) await drawn();
  };
  const stops = 'a[href], button, summary, input:not([type=hidden]), select, textarea';
  const lost = [];
  const all = [...view.querySelectorAll(stops)].filter(one => one.checkVisibility());
  // The first, the last and some between them: what is alike stays alike.
  const some = all.filter((one, index) => index % Math.ceil(all.length / 6) === 0 || index === all.length - 1);
  const places = some.map(one => [...view.querySelectorAll(stops)].indexOf(one));
  let step = 0;
  for (const place of places) {
    for (const content of [{patches}, {snapshot: view.innerHTML}]) {
      const before = view.querySelectorAll(stops)[place];
      before.focus();
      if (document.activeElement !== before) continue;
      const was = before.outerHTML;
      await shows(content, step += 1000);
      const now = document.activeElement;
      const is_alike = now.textContent === before.textContent && now.tagName === before.tagName;
      if (now === before || !view.contains(now) || !is_alike)
        lost.push(`${Object.keys(content)}: ${was.slice(0, 120)} -> ${now.outerHTML.slice(0, 120)}`);
    }
  }
  tell.close();
  return lost;
}"""


def addresses() -> Iterator[str]:
    """Of every view of the registry, at least one."""
    for view in VIEWS:
        known = ADDRESSES.get((view.path, view.segments))
        assert known or not view.segments, f"give the view {view.path} an address here: nobody walks it"
        yield from known or (view.path,)


@pytest.fixture
def visitor(visit: NewVisit, watched: RunningCluster) -> Iterator[Visit]:
    watched.kubectl("run", "stuck", "--image=x", NOWHERE)
    yield visit(reduced_motion="reduce")
    watched.kubectl("delete", "pod", "stuck", "--wait=false")


def test_everybody_can_use_every_view_with_everything_opened(visitor: Visit) -> None:
    found: list[str] = []
    page = visitor.open()
    for address in addresses():
        page.set_viewport_size({"width": 1280, "height": 800})
        visitor.go(page, f"/ui/{address}")
        page.evaluate(OPEN_ALL)
        found += [f"{page.url}: {one}" for one in violations(page)]
        for name, media in SCHEMES.items():
            page.emulate_media(**media)  # type: ignore[arg-type]  # Playwright's options
            found += [f"{page.url}, {name}: {one}" for one in violations(page, COLOURS)]
            page.emulate_media(color_scheme="light", forced_colors="none")
        for width, what in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 640})
            wide = page.evaluate(SIDEWAYS)
            found += [f"{page.url} scrolls sideways on {what}: {wide}"] if wide else []
        found += [f"{page.url} moves though nothing should: {one}" for one in page.evaluate(ALIVE)]
    assert not found, "\n".join(found)


def test_the_focus_stays_where_it_is_on_every_view_whatever_is_told(visitor: Visit) -> None:
    lost: list[str] = []
    page = visitor.open()
    for address in addresses():
        visitor.go(page, f"/ui/{address}")
        page.evaluate("for (const one of document.querySelectorAll('#view details')) one.open = true")
        lost += [f"{page.url}: {one}" for one in page.evaluate(REFRESHED)]
    assert not lost, "\n".join(lost)


def test_whoever_may_sign_finds_a_form_that_everybody_can_use(visit: NewVisit, watched: RunningCluster) -> None:
    rules = [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["wherry.dev"], "resources": ["comments"], "verbs": ["create"]},
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "party"}}
    watched.kubectl("apply", "-f", "-", text=json.dumps({**role, "rules": rules}))
    watched.wherry("user", "add", "ana", "--role", "party")
    one = visit("--user", "ana")
    page = one.open(f"/ui/contracts/{SPACE}/web-orders")
    page.get_by_label("Your comment").fill("Is the price with tax?")
    found = violations(page)
    for name, media in SCHEMES.items():
        page.emulate_media(**media)  # type: ignore[arg-type]  # Playwright's options
        found += [f"{name}: {one}" for one in violations(page, COLOURS)]
    assert not found, "\n".join(found)
    page.get_by_role("button", name="Say it as ana").click()
    page.locator("#said").get_by_text("Is the price with tax?").wait_for()
    assert violations(page) == []

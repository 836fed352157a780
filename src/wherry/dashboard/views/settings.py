"""Configuration: each setting of each container, its value and where it comes from; what secrets hold stays hidden."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.dashboard.channel import Rendered
from wherry.dashboard.detail.configuration import Setting, gather, settings
from wherry.dashboard.detail.kinds import entries, pod_spec, running_kind, section
from wherry.dashboard.detail.tabs import tabs
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import text, with_terms
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.templates import count

INTERVAL_S = 1.0
HEAD = '<thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>'


class SettingsPage:
    """The configuration of one workload's containers, or of one pod's."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """It need not be there (any more)."""
        self._live = live
        kind, self._namespace, self.name = asked.segments
        self._resource = running_kind(kind)

    async def render(self) -> Rendered:
        """Its pieces now."""
        try:
            document = await self._live.client.get_document(self._resource, self.name, self._namespace)
        except NotFound:
            said = f"{self._resource.kind} {self.name} is not there any more."
            return Rendered([_headline(said)], said)
        spec = pod_spec(document)
        found = settings(spec, await gather(self._live.client, self._namespace, spec))
        said = _summary(self.name, found)
        return Rendered(
            [
                _headline(said),
                Fragment("settings", ROOT, f'<div id="settings">{_tables(found)}</div>'),
                Fragment("files", ROOT, _files(spec)),
            ],
            said,
        )


def _headline(said: str) -> Fragment:
    return Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>')


def _summary(name: str, found: Sequence[Setting]) -> str:
    if not found:
        return f"{name} has no settings in its environment."
    missing = sum(one.is_missing for one in found)
    hidden = sum(one.is_hidden for one in found)
    said = f"{name} has {count(len(found), 'setting')}"
    said += f", {hidden} of them hidden" if hidden else ""
    return said + (f"; {count(missing, 'setting')} cannot be found." if missing else ".")


def _tables(found: Sequence[Setting]) -> str:
    parts = []
    for container in dict.fromkeys(one.container for one in found):
        rows = "".join(_row(one) for one in found if one.container == container)
        caption = f"<caption>{with_terms(f'What container {container} reads from its environment')}</caption>"
        parts.append(f'<table class="settings">{caption}{HEAD}<tbody>{rows}</tbody></table>')
    return "".join(parts)


def _row(one: Setting) -> str:
    value = f"<em>{text(one.value)}</em>" if one.is_hidden or one.is_missing else f"<code>{text(one.value)}</code>"
    mark = '<span class="symbol" aria-hidden="true">✕</span> ' if one.is_missing else ""
    return (
        f'<tr class="{"trouble" if one.is_missing else "fine"}"><th scope="row"><code>{text(one.name)}</code></th>'
        f"<td>{mark}{value}</td><td>{with_terms(one.source)}</td></tr>"
    )


def _files(spec: Document) -> str:
    """The volumes that are mounted, in words."""
    volumes = {str(one.get("name", "")): _volume(one) for one in entries(spec, "volumes")}
    items = [
        f"<li><code>{text(mount.get('mountPath', ''))}</code> in {text(container.get('name', ''))}: "
        f"{with_terms(volumes.get(str(mount.get('name', '')), 'a volume that is not there'))}</li>"
        for container in entries(spec, "containers")
        for mount in entries(container, "volumeMounts")
    ]
    listed = f'<ul class="plain">{"".join(items)}</ul>' if items else "<p>None.</p>"
    return f'<section id="files"><h2>{with_terms("Files from volumes")}</h2>{listed}</section>'


def _volume(volume: Document) -> str:
    for key, said, name in (
        ("configMap", "config map", "name"),
        ("secret", "secret", "secretName"),
        ("persistentVolumeClaim", "persistent volume claim", "claimName"),
    ):
        if key in volume:
            return f"{said} {section(volume, key).get(name, '')}"
    kind = next((key for key in volume if key != "name"), "nothing")
    return {"emptyDir": "a volume that is empty at first", "projected": "facts about the pod, put together"}.get(
        kind, f"a volume of the kind {kind}"
    )


def _make(live: Live, asked: Asked) -> Page:
    page = SettingsPage(live, asked)
    return Page(
        f"Configuration of {page.name}", page.render, above=tabs(asked.segments, "settings"), interval_s=INTERVAL_S
    )


SETTINGS = View(
    "settings",
    "",
    _make,
    segments=3,
    explains="What the containers read when they start, and where it is kept. One image runs in every environment; "
    "only these settings differ. What a secret holds is never shown on a page.",
)

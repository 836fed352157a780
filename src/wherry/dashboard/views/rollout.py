"""Rollout: how far the newest version of a workload is, which versions there were, and the way back to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wherry.api.method.release import RELEASES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound, StatusError
from wherry.client.deeds import deeds_about
from wherry.dashboard.channel import Rendered
from wherry.dashboard.detail.history import Version, can_pause, has_history, made_by, read_history
from wherry.dashboard.detail.kinds import section, workload_kind
from wherry.dashboard.detail.tabs import tabs
from wherry.dashboard.detail.yaml_text import as_yaml, diff_html
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import element_id, hidden_fields, text, twin, with_terms
from wherry.dashboard.views.story import shown_time
from wherry.dashboard.views.view import Asked, Page, View

INTERVAL_S = 0.5
RELEASE_LABEL = "wherry.dev/release"
HEAD = (
    '<thead><tr><th scope="col">Version</th><th scope="col">Since</th><th scope="col">Made of</th>'
    '<th scope="col">Who</th>'
    '<th scope="col">Copies</th><th scope="col">Go back</th></tr></thead>'
)


class RolloutPage:
    """The versions of one workload."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """It need not be there (any more)."""
        self._live = live
        kind, self._namespace, self.name = asked.segments
        self._resource = workload_kind(kind)
        self._one_by_one = True

    async def render(self) -> Rendered:
        """Its pieces now."""
        try:
            document = await self._live.client.get_document(self._resource, self.name, self._namespace)
        except NotFound:
            said = f"{self._resource.kind} {self.name} is not there any more."
            return Rendered([Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>')], said)
        wanted = f"{self._resource.kind}/{self._namespace}/{self.name}"
        facts = next((one for one in self._live.model.snapshot().workloads if one.id == wanted), None)
        now, next_ = (facts.now, facts.next) if facts else (f"{self.name} belongs to something else.", "")
        pieces = [
            Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(f"{self.name}: {now}")}</p>'),
            Fragment("coming", ROOT, f'<p id="coming">{with_terms(next_)}</p>'),
            Fragment("release", ROOT, f'<p id="release">{await self._release(document)}</p>'),
        ]
        if can_pause(self._resource.kind):
            pieces.append(Fragment("pause-rollout", ROOT, self._pause_form(document)))
        if has_history(self._resource.kind):
            self._one_by_one = section(document, "spec", "updateStrategy").get("type") != "OnDelete"
            versions = await read_history(self._live.client, self._resource, document)
            deeds = await deeds_about(self._live.client, self._resource, self.name, self._namespace)
            versions = [replace(one, who=made_by(one.since_s, deeds)) for one in versions]
            pieces += self._versions(versions)
        else:
            said = f"A {self._resource.kind} keeps no earlier versions."
            pieces.append(Fragment("versions", ROOT, f'<p id="versions">{with_terms(said)}</p>'))
        return Rendered(pieces, now)

    def _versions(self, versions: Sequence[Version]) -> list[Fragment]:
        caption = f"<caption>{with_terms('Each version of its pods, newest first')}</caption>"
        table = Fragment("versions", ROOT, f'<table id="versions">{caption}{HEAD}', "</table>")
        body = Fragment("rows", "versions", '<tbody id="rows">', "</tbody>")
        return [table, body, *(self._row(one, versions[0]) for one in versions)]

    def _row(self, one: Version, newest: Version) -> Fragment:
        own = element_id("version", str(one.number))
        is_newest = one is newest
        copies = "" if one.copies is None else str(one.copies)
        cause = f"<small>{text(one.cause)}</small>" if one.cause else ""
        return Fragment(
            own,
            "rows",
            f'<tr id="{own}"><th scope="row">{one.number}{" (newest)" if is_newest else ""}{cause}</th>'
            f"<td>{shown_time(one.since_s)}</td><td>{text(', '.join(one.images))}</td>"
            f"<td>{text(one.who)}</td><td>{copies}</td>"
            f"<td>{'' if is_newest else self._way_back(one, newest)}</td></tr>",
        )

    def _way_back(self, one: Version, newest: Version) -> str:
        kind = self._resource.kind
        fields = hidden_fields(kind=kind, namespace=self._namespace, name=self.name, revision=str(one.number))
        thing = f"{self._resource.singular}/{self.name} -n {self._namespace}"
        command = f"kubectl rollout undo {thing} --to-revision={one.number}"
        how = "Pods are replaced one after the other: some always run."
        if not self._one_by_one:
            how = "A pod stays as it is until somebody stops it; the new one is then of the old version."
        change = diff_html(as_yaml(newest.template), as_yaml(one.template)) or "<p>Nothing differs.</p>"
        return (
            f'<details class="action"><summary>Go back to version {one.number}</summary>'
            f'<form method="post" action="/ui/actions/rollback">{fields}{change}'
            f"<p>{with_terms(how)}</p>{twin(command)}"
            f'<button type="submit">Bring version {one.number} of {text(self.name)} back</button></form></details>'
        )

    def _pause_form(self, document: Document) -> str:
        """Hold the rollout, or let it go on."""
        fields = hidden_fields(kind=self._resource.kind, namespace=self._namespace, name=self.name)
        thing = f"{self._resource.singular}/{self.name} -n {self._namespace}"
        if section(document, "spec").get("paused"):
            action, button, verb = "resume", f"Let the rollout of {self.name} go on", "Let it go on"
            said = "Changes wait until the rollout goes on."
        else:
            action, button, verb = "pause", f"Hold the rollout of {self.name}", "Hold the rollout"
            said = "What is changed then waits, until the rollout goes on. Pods that run stay as they are."
        return (
            f'<div id="pause-rollout"><details class="action"><summary>{verb}</summary>'
            f'<form method="post" action="/ui/actions/{action}">{fields}<p>{with_terms(said)}</p>'
            f"{twin(f'kubectl rollout {action} {thing}')}"
            f'<button type="submit">{text(button)}</button></form></details></div>'
        )

    async def _release(self, document: Document) -> str:
        """Which release its pods are of and who runs it, where somebody has made releases of it."""
        found = section(document, "metadata", "labels").get(RELEASE_LABEL)
        if not found:
            return with_terms("It is of no release: it was applied by hand.")
        who = await self._who_runs(str(found))
        return (
            f"{with_terms('It runs the release')} <strong>{text(found)}</strong>{text(f' by {who}' if who else '')}. "
            "To go back to a whole release with its settings: <code>wherry rollback</code>"
        )

    async def _who_runs(self, release: str) -> str:
        """Who has run a release, or made it; "" where that cannot be seen."""
        try:
            found = await self._live.client.get(RELEASES, release, self._namespace)
        except StatusError:
            return ""
        return found.status.by or found.spec.by


def _make(live: Live, asked: Asked) -> Page:
    page = RolloutPage(live, asked)
    return Page(f"Rollout of {page.name}", page.render, above=tabs(asked.segments, "rollout"), interval_s=INTERVAL_S)


ROLLOUT = View(
    "rollout",
    "",
    _make,
    segments=3,
    explains="Each change of a workload's pods makes a new version, and the old ones are remembered. "
    "Going back makes an old version the newest one again, pod by pod.",
)

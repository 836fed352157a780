"""The loop of `wherry dev`: wait for a change, build, release, run; tidy up at the end.

A change that comes while a release is still on its way to being ready starts the next one at once: nobody waits for
what is out of date. Releases of uncommitted code that have been replaced are deleted at the end, with their images.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from wherry.api.method.release import RELEASES, RUNNING, Release
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound, StatusError
from wherry.cli.delivery.building import Built, build, image_folder
from wherry.cli.delivery.database_image import build_database
from wherry.cli.delivery.release_stage import find_image
from wherry.cli.delivery.releasing import Released, Releasing, kept_name
from wherry.cli.delivery.run_stage import place_of, run_release
from wherry.cli.output import note, printable, say
from wherry.cli.programs import kubectl_path
from wherry.kit.clock import SystemClock
from wherry.kit.linux.tree_watch import TreeWatch
from wherry.kit.loop import on_stop_signals
from wherry.kit.tasks import TaskScope
from wherry.kit.threads import run_in_thread
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.run_plan import current_release
from wherry.method.project import FILE_NAME, NotAProject, Project, read_project
from wherry.runtime.images.build import copied_paths, read_image_file
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import RuntimeFailure

SETTLE_S = 0.02
"""An editor writes a file in several steps, a `git checkout` writes many."""
SKIPPED = frozenset({".git", "__pycache__", ".venv", "node_modules", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
_PASSING = (".swp", ".swx", ".tmp", "~")


@dataclass
class DevLoop:
    """One developer's loop over one environment."""

    project: Project
    clusters: Clusters
    store: ImageStore
    environment: str
    timeout_s: float
    _changed: set[PurePath] = field(default_factory=set)
    _taken: set[PurePath] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _documents: list[Document] | None = None
    _made: list[Release] = field(default_factory=list)

    async def run(self) -> None:
        """Until interrupted."""
        watch = TreeWatch(self.project.root, SKIPPED, self._on_change, self._on_trouble)
        try:
            watch.start()
        except OSError as error:
            raise CannotDeliver(*_watch_trouble(self.project.root, error)) from error
        say(f"Watching {self.project.root} for {self.environment}. Ctrl-C ends it.")
        try:
            await self._follow_until_stopped()
        finally:
            watch.stop()
            await self._tidy()

    def _on_trouble(self, error: OSError) -> None:
        """A new folder that nobody watches: say so, as its changes would be missed."""
        message, remedy = _watch_trouble(self.project.root, error)
        note(f"✗ {printable(message)}\n  Do: {remedy}")

    async def _follow_until_stopped(self) -> None:
        stop = asyncio.Event()
        on_stop_signals(stop.set)
        async with TaskScope("dev") as scope:
            follow = scope.start("follow", self._follow())
            stopped = scope.start("stop", stop.wait())
            _ = await asyncio.wait({follow, stopped}, return_when=asyncio.FIRST_COMPLETED)

    async def _follow(self) -> None:
        changed_s = time.monotonic()
        while True:
            await self._until_done_or_changed(changed_s)
            _ = await self._woken.wait()
            changed_s = time.monotonic()
            await SystemClock().sleep(SETTLE_S)
            self._woken.clear()

    async def _until_done_or_changed(self, changed_s: float) -> None:
        """One round; given up when the next change makes it out of date."""
        async with TaskScope("dev") as scope:
            deliver = scope.start("round", self._told_round(changed_s))
            woken = scope.start("changes", self._woken.wait())
            _ = await asyncio.wait({deliver, woken}, return_when=asyncio.FIRST_COMPLETED)
            if not deliver.done():
                note("   Changed again: starting over.")

    async def _told_round(self, changed_s: float) -> None:
        try:
            await self._round(changed_s)
        except (CannotDeliver, NotAProject) as error:
            note(f"✗ {printable(str(error))}\n  Do: {error.remedy}")
        except (RuntimeFailure, StatusError, OSError) as error:
            note(f"✗ {printable(str(error))}")

    async def _round(self, changed_s: float) -> None:
        built_s = time.monotonic()
        # Until they are in a release they count: this round may be given up.
        self._taken |= self._changed
        self._changed = set()
        if PurePath(FILE_NAME) in self._taken:
            self.project = await run_in_thread(read_project, self.project.root)
        built = await build(self.store, image_folder(self.project), self.project.name, allow_dirty=True)
        if self._documents is None or not self._is_code_only(self._taken):
            await build_database(self.store, self.project, built, allow_dirty=True)
        released_s = time.monotonic()
        made = await self._release(built)
        if made.is_current:
            say(f"Nothing new: {made.release.name} runs in {self.environment}.")
            return
        if made.is_new:
            self._made.append(made.release)
        run_s = time.monotonic()
        client = self.clusters.client(self.project, self.project.environment(self.environment))
        release = await run_release(client, made.release, timeout_s=self.timeout_s, says_interruption=False)
        end_s = time.monotonic()
        parts = f"build {_ms(built_s, released_s)}, release {_ms(released_s, run_s)}, run {_ms(run_s, end_s)}"
        say(f"{release.name} runs in {self.environment}: {_ms(changed_s, end_s)} after the change ({parts}).")

    async def _release(self, built: Built) -> Released:
        releasing = Releasing(self.project, self.clusters, self.store, kubectl_path())
        if self._documents is None or not self._is_code_only(self._taken):
            self._documents = None
            self._documents = await releasing.render(self.environment)
        image, origin = find_image(self.project, self.store, built.image.digest)
        order = releasing.order(
            self.environment, image, origin, revision=built.source.revision, uncommitted=bool(built.source.changed)
        )
        made = await releasing.release(order, self._documents)
        self._taken = set()
        return made

    def _is_code_only(self, changed: set[PurePath]) -> bool:
        """Whether all that has changed goes into the image, so that the configuration is as it was."""
        folder = image_folder(self.project)
        inside = [_relative(folder / path, self.project.root) for path in copied_paths(read_image_file(folder))]
        return all(any(top == path or top in path.parents for top in inside) for path in changed)

    def _on_change(self, path: Path) -> None:
        if path.name.endswith(_PASSING) or path.name.startswith((".#", "4913")):
            return
        self._changed.add(_relative(path, self.project.root))
        self._woken.set()

    async def _tidy(self) -> None:
        """Delete this loop's releases that nobody needs any more; the one that runs stays."""
        place = await place_of(self.clusters, self.project, self.environment)
        current = current_release(place.releases)
        mine = {release.name for release in self._made}
        gone = [
            one
            for one in place.releases
            if one.name in mine and one.spec.uncommitted and one.status.state != RUNNING and one != current
        ]
        for release in gone:
            with contextlib.suppress(NotFound):
                await place.client.delete(RELEASES, release.name, release.metadata.namespace)
        names = [kept_name(image, release.name) for release in gone for image in release.spec.images]
        await run_in_thread(self.store.drop_names, names)
        if current is not None:
            note(f"{current.name} stays in {self.environment}; {len(gone)} releases of drafts are deleted.")


def _relative(path: Path, root: Path) -> PurePath:
    try:
        return PurePath(path.relative_to(root))
    except ValueError:
        return PurePath(path)


def _ms(start_s: float, end_s: float) -> str:
    return f"{(end_s - start_s) * 1000:.0f} ms"


def _watch_trouble(root: Path, error: OSError) -> tuple[str, str]:
    if error.errno == errno.ENOSPC:
        return f"{root} has more folders than this machine lets one watch", "sysctl fs.inotify.max_user_watches=524288"
    return f"{root} cannot be watched: {error.strerror}", f"look at {root}"

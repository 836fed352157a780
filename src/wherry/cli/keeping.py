"""Keep a board in the cluster, with a marker if people want one, so that anybody sees how it has changed."""

from __future__ import annotations

import time

from wherry.api.method.board import BoardSpec
from wherry.apimachinery.timestamps import format_time
from wherry.cli.delivery.stage import on_clusters
from wherry.cli.judging import Judged
from wherry.cli.output import note
from wherry.cli.where import Where
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.requester import requester
from wherry.method.done.criteria import required
from wherry.method.done.history import record, with_meanings, with_review
from wherry.method.done.kept_boards import keep_board
from wherry.method.done.meanings import meanings, team_of


def keep(where: Where, found: Judged, *, review: str = "") -> BoardSpec | None:
    """Keep it where the release is; None where there is no release, or the user may not. Raises Trouble."""
    release = found.release
    if release is None:
        return None
    spec, space = release.spec, release.metadata.namespace
    wanted = [entry.criterion for entry in required(found.agreement.requires)]
    meant = meanings(found.agreement, wanted, team_of(found.project.root, found.project.file.team or spec.service))
    at = format_time(int(time.time()))

    async def go(clusters: Clusters) -> BoardSpec | None:
        client = clusters.client(found.project, found.project.environment(spec.environment))
        by = await requester(client, "") if review else ""

        def change(previous: BoardSpec | None) -> BoardSpec:
            kept = record(previous, found.board, at=at, release=release.name, environment=spec.environment)
            kept = with_meanings(kept, meant)
            return with_review(kept, review, by) if review else kept

        return await keep_board(client, space, spec.service, change)

    kept = on_clusters(where, go)
    if kept is None:
        note(" You may not keep the board in this cluster, so how it changes is not remembered.")
    return kept

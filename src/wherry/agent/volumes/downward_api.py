"""downwardAPI: what the pod may know about itself, as files; labels and annotations stay current."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.agent.downward import UnknownField, field_value, resource_value
from wherry.agent.volumes.interface import ContentType, File, Files, VolumeContext, VolumeFailure
from wherry.agent.volumes.keys import DEFAULT_MODE, check_path
from wherry.api.core.volume import DownwardAPIVolumeFile, Volume


def downward_files(items: Sequence[DownwardAPIVolumeFile], mode: int, context: VolumeContext) -> dict[str, File]:
    """The files of a downward API source. Raises VolumeFailure."""
    files = {}
    for item in items:
        check_path(item.path)
        try:
            if item.field_ref is not None:
                text = field_value(item.field_ref.field_path, context.pod, context.node)
            elif item.resource_field_ref is not None:
                text = resource_value(item.resource_field_ref, context.pod, context.node)
            else:
                text = ""
        except UnknownField as error:
            raise VolumeFailure(str(error)) from error
        files[item.path] = File(text.encode(), mode if item.mode is None else item.mode)
    return files


async def _render(volume: Volume, context: VolumeContext) -> Files:
    source = volume.downward_api
    assert source is not None
    return downward_files(source.items, DEFAULT_MODE if source.default_mode is None else source.default_mode, context)


DOWNWARD_API = ContentType("downward_api", _render)

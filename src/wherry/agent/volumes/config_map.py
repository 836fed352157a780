"""configMap: the keys of a ConfigMap as files, current while the pod runs."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence

from wherry.agent.volumes.interface import ContentType, File, Files, VolumeContext, VolumeFailure
from wherry.agent.volumes.keys import DEFAULT_MODE, select_files
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.volume import KeyToPath, Volume


async def config_map_files(
    name: str, items: Sequence[KeyToPath], mode: int, context: VolumeContext, *, optional: bool
) -> dict[str, File]:
    """The files that a ConfigMap gives. Raises VolumeFailure."""
    config_map = await context.objects.get(CONFIG_MAPS, context.namespace, name)
    if config_map is None:
        if optional:
            return {}
        raise VolumeFailure(f'configmap "{name}" not found', waits=True)
    data = {key: text.encode() for key, text in config_map.data.items()}
    data |= {key: b64decode(text) for key, text in config_map.binary_data.items()}
    return select_files(data, items, mode, source="configmap", optional=optional)


async def _render(volume: Volume, context: VolumeContext) -> Files:
    source = volume.config_map
    assert source is not None
    mode = DEFAULT_MODE if source.default_mode is None else source.default_mode
    return await config_map_files(source.name, source.items, mode, context, optional=bool(source.optional))


CONFIG_MAP = ContentType("config_map", _render)

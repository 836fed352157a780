"""VOLUME_TYPES: one line per type of volume."""

from __future__ import annotations

from wherry.agent.volumes.claim import CLAIM
from wherry.agent.volumes.config_map import CONFIG_MAP
from wherry.agent.volumes.downward_api import DOWNWARD_API
from wherry.agent.volumes.empty_dir import EMPTY_DIR
from wherry.agent.volumes.host_path import HOST_PATH
from wherry.agent.volumes.interface import ContentType, VolumeFailure, VolumeType
from wherry.agent.volumes.projected import PROJECTED
from wherry.agent.volumes.secret import SECRET
from wherry.api.core.volume import Volume

VOLUME_TYPES: tuple[VolumeType, ...] = (
    EMPTY_DIR,
    HOST_PATH,
    CONFIG_MAP,
    SECRET,
    PROJECTED,
    DOWNWARD_API,
    CLAIM,
)


def type_of(volume: Volume) -> VolumeType:
    """The type of a volume. Each type's name is its field's name. Raises VolumeFailure."""
    for kind in VOLUME_TYPES:
        if getattr(volume, kind.name) is not None:
            return kind
    raise VolumeFailure(f'volume "{volume.name}" has a source that Wherry does not support')


def is_read_only(volume: Volume) -> bool:
    """Whether no container may write to it, whatever its mount says: what the agent writes, it alone writes."""
    claim = volume.persistent_volume_claim
    return isinstance(type_of(volume), ContentType) or (claim is not None and bool(claim.read_only))

"""persistentVolumeClaim: storage that exists apart from the pod, through the claim that it is bound to."""

from __future__ import annotations

from pathlib import Path

from wherry.agent.volumes.host_path import prepare_host_path
from wherry.agent.volumes.interface import PlaceType, VolumeContext, VolumeFailure
from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS
from wherry.api.core.volume import Volume

# A fresh volume may be written by any user of a container, as the usual local provisioners do it.
FRESH_MODE = 0o777


async def _prepare(volume: Volume, context: VolumeContext) -> Path:
    assert volume.persistent_volume_claim is not None
    name = volume.persistent_volume_claim.claim_name
    claim = await context.objects.get(PERSISTENT_VOLUME_CLAIMS, context.namespace, name)
    if claim is None:
        raise VolumeFailure(f'persistentvolumeclaim "{name}" not found', waits=True)
    if claim.metadata.is_being_deleted and claim.status.phase == "Lost":
        raise VolumeFailure(f'persistentvolumeclaim "{name}" is being deleted', waits=True)
    if claim.status.phase != "Bound" or not claim.spec.volume_name:
        raise VolumeFailure(f'PersistentVolumeClaim "{name}" is not bound', waits=True)
    persistent = await context.objects.get(PERSISTENT_VOLUMES, "", claim.spec.volume_name)
    if persistent is None:
        raise VolumeFailure(f'persistentvolume "{claim.spec.volume_name}" not found', waits=True)
    if persistent.spec.host_path is not None:
        return _place(Path(persistent.spec.host_path.path), persistent.spec.host_path.type)
    if persistent.spec.local is not None:
        return _place(Path(persistent.spec.local.path), "DirectoryOrCreate")
    raise VolumeFailure(f'persistentvolume "{persistent.metadata.name}" has a source that Wherry does not support')


def _place(path: Path, kind: str) -> Path:
    is_new = not path.exists()
    place = prepare_host_path(path, kind)
    if is_new:
        place.chmod(FRESH_MODE)
    return place


CLAIM = PlaceType("persistent_volume_claim", _prepare, owned=False)

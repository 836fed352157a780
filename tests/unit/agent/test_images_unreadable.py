"""Images that cannot be read stop the pods that need them, never the agent."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from wherry.agent.images import ImagePuller
from wherry.agent.pod_events import ImageFailed
from wherry.api.core.container import Container
from wherry.kit.clock import FakeClock
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.registry.endpoints import RegistrySettings
from wherry.runtime.registry.node_images import NodeImages


@pytest.mark.parametrize("policy", ["Always", "IfNotPresent", "Never"])
async def test_a_damaged_index_is_err_image_pull_with_the_sentence(
    tmp_path: Path, clock: FakeClock, policy: str
) -> None:
    (tmp_path / "index.json").write_text("{")
    puller = ImagePuller(NodeImages(ImageStore(tmp_path), RegistrySettings(), {}, clock, Random(0)), clock)
    container = Container(name="c", image="orders:1", image_pull_policy=policy)
    for answer in (puller.look(container), await puller.pull(container)):
        assert isinstance(answer, ImageFailed)
        assert answer.reason == "ErrImagePull"
        assert "index.json is damaged" in answer.message

"""A node that has the images already starts the pod sooner."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.scheduler.framework import SCORE_MAX, Facts, Plugin
from wherry.scheduler.pod_info import PodInfo
from wherry.scheduler.snapshot import NodeInfo

# Below the first an image is fetched in no time, above the second it makes no more difference.
# Source: kubernetes pkg/scheduler/framework/plugins/imagelocality.
IMAGE_MIN_BYTES = 23 << 20
IMAGE_MAX_BYTES = 1000 << 20


def normalized_name(image: str) -> str:
    """The name with its tag, as nodes report it."""
    last = image.rsplit("/", 1)[-1]
    return image if ":" in last or "@" in last else f"{image}:latest"


def _score(pod: PodInfo, nodes: Sequence[NodeInfo], _facts: Facts) -> Sequence[float]:
    images = [normalized_name(image) for image in pod.images]
    # An image that few nodes have counts less, or all its pods would crowd on these few.
    spread = {image: sum(image in node.images for node in nodes) / len(nodes) for image in images}
    ceiling = IMAGE_MAX_BYTES * max(1, len(images))
    scores = []
    for node in nodes:
        size = sum(int(node.images.get(image, 0) * spread[image]) for image in images)
        size = min(max(size, IMAGE_MIN_BYTES), ceiling)
        scores.append(SCORE_MAX * (size - IMAGE_MIN_BYTES) / (ceiling - IMAGE_MIN_BYTES))
    return scores


IMAGE_LOCALITY = Plugin(name="ImageLocality", score=_score)

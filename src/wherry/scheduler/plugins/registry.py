"""The rules, in the order in which they are asked: the cheap and final ones first."""

from __future__ import annotations

from wherry.scheduler.framework import Plugin
from wherry.scheduler.plugins.image_locality import IMAGE_LOCALITY
from wherry.scheduler.plugins.node_affinity import NODE_AFFINITY
from wherry.scheduler.plugins.node_name import NODE_NAME
from wherry.scheduler.plugins.node_unschedulable import NODE_UNSCHEDULABLE
from wherry.scheduler.plugins.ports import PORTS
from wherry.scheduler.plugins.resources_balanced import RESOURCES_BALANCED
from wherry.scheduler.plugins.resources_fit import RESOURCES_FIT
from wherry.scheduler.plugins.taints import TAINTS
from wherry.scheduler.plugins.volume_binding import VOLUME_BINDING

PLUGINS: tuple[Plugin, ...] = (
    NODE_UNSCHEDULABLE,
    NODE_NAME,
    TAINTS,
    NODE_AFFINITY,
    PORTS,
    RESOURCES_FIT,
    VOLUME_BINDING,
    RESOURCES_BALANCED,
    IMAGE_LOCALITY,
)

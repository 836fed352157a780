"""The other release that a rollback comes back from."""

from __future__ import annotations

from suites.played_twin import played_twin
from wherry.method.experiments.rollback import other_release
from wherry.method.facts.manifests import containers, pod_spec


def test_the_other_release_is_the_same_image_with_another_visible_setting() -> None:
    twin = played_twin()
    (own,), (changed,) = containers(pod_spec(twin.workload)), containers(pod_spec(other_release(twin)))
    assert own["image"] == changed["image"]
    assert {"name": "GREETING", "value": "good evening"} in changed["env"]  # type: ignore[operator]
    assert {"name": "GREETING", "value": "hello"} in own["env"]  # type: ignore[operator]


def test_without_a_visible_setting_a_mark_makes_the_difference() -> None:
    twin = played_twin()
    twin.project.file.config.clear()
    (changed,) = containers(pod_spec(other_release(twin)))
    assert {"name": "WHERRY_PROVE", "value": "r2"} in changed["env"]  # type: ignore[operator]

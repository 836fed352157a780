from __future__ import annotations

import os
import subprocess

from suites.fake_api import FakeApi
from wherry.api.core.namespace import NAMESPACES, Namespace
from wherry.apimachinery.errors import Forbidden
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.timestamps import parse_time
from wherry.kit.http.types import Request
from wherry.method.twins.leftovers import MAKER, TRIAL_S_MAX, left_behind, maker, sweep

MADE = "2026-11-23T07:00:00Z"
NOW_S = parse_time(MADE) + 60


def twin(name: str, made_by: str) -> Namespace:
    return Namespace(metadata=ObjectMeta(name=name, creation_timestamp=MADE, annotations={MAKER: made_by}))


def of_the_dead() -> str:
    """What a process on this machine would have said that has ended."""
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    host, boot, _, _ = maker().split(" ")
    return f"{host} {boot} {ended.pid} 12345"


def test_a_twin_whose_maker_has_died_here_is_left_behind_and_one_in_use_is_not() -> None:
    assert left_behind([twin("dead", of_the_dead()), twin("mine", maker())], NOW_S) == ["dead"]


def test_another_process_of_the_same_number_is_not_the_maker() -> None:
    host, boot, pid, started = maker().split(" ")
    assert pid == str(os.getpid())
    assert left_behind([twin("old", f"{host} {boot} {pid} {int(started) - 1}")], NOW_S) == ["old"]


def test_a_twin_from_elsewhere_has_the_time_of_any_trial() -> None:
    far = [twin("theirs", "laptop a-boot/pid:[1] 1 1"), twin("unknown", "")]
    assert left_behind(far, NOW_S) == []
    assert left_behind(far, NOW_S + TRIAL_S_MAX) == ["theirs", "unknown"]


async def test_what_is_left_behind_is_taken_away_and_nothing_else() -> None:
    api = FakeApi()
    labels = {"wherry.dev/task": "prove"}
    made = {"dead": of_the_dead(), "mine": maker()}
    for name, by in made.items():
        metadata = {"name": name, "labels": labels, "annotations": {MAKER: by}, "creationTimestamp": MADE}
        api.put(NAMESPACES, {"metadata": metadata})
    api.put(NAMESPACES, {"metadata": {"name": "shop", "creationTimestamp": MADE}})
    assert await sweep(api.client(), NOW_S) == ["dead"]
    assert {one.metadata.name for one in (await api.client().list(NAMESPACES)).items} == {"mine", "shop"}


async def test_who_may_not_see_namespaces_takes_nothing_away() -> None:
    api = FakeApi()

    def refuse(request: Request) -> None:
        raise Forbidden("namespaces is forbidden")

    api.before = refuse
    assert await sweep(api.client(), NOW_S) == []

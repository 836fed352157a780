from __future__ import annotations

from random import Random

from suites.scheduling import make_pod
from wherry.scheduler.framework import Happening
from wherry.scheduler.pod_info import pod_info
from wherry.scheduler.queue import SchedulingQueue

NODE_ADDED = frozenset[Happening]({"node-added"})


def make_queue(*names: str) -> SchedulingQueue:
    queue = SchedulingQueue(Random(1))
    for name in names:
        queue.add(pod_info(make_pod(name)))
    return queue


def pop_names(queue: SchedulingQueue) -> list[str]:
    names = []
    while (queued := queue.pop()) is not None:
        names.append(queued.info.key.name)
    return names


def refuse_one(queue: SchedulingQueue, now_s: float) -> None:
    queued = queue.pop()
    assert queued is not None
    queue.refuse(queued, NODE_ADDED, now_s)


def test_pods_come_out_by_priority_and_then_in_order() -> None:
    queue = make_queue("first", "second")
    queue.add(pod_info(make_pod("urgent", spec={"priority": 100})))
    queue.add(pod_info(make_pod("later", spec={"priority": -1})))
    queue.add(pod_info(make_pod("third")))
    assert pop_names(queue) == ["urgent", "first", "second", "third", "later"]


def test_a_removed_pod_does_not_come_out() -> None:
    queue = make_queue("a", "b")
    queue.remove(pod_info(make_pod("a")).key)
    assert pop_names(queue) == ["b"]


def test_a_pod_that_is_added_again_comes_out_once_and_keeps_its_turn() -> None:
    queue = make_queue("a", "b")
    queue.add(pod_info(make_pod("a", cpu="1")))
    queue.add(pod_info(make_pod("a", cpu="2")))
    assert pop_names(queue) == ["a", "b"]


def test_a_refused_pod_waits_for_what_may_help_it() -> None:
    queue = make_queue("a")
    refuse_one(queue, 0)
    assert not queue.happened("pod-gone", 1)
    assert pop_names(queue) == []
    assert queue.happened("node-added", 1)
    assert pop_names(queue) == ["a"]


def test_a_pod_that_was_refused_for_no_node_at_all_is_helped_by_anything() -> None:
    queue = make_queue("a")
    queued = queue.pop()
    assert queued is not None
    queue.refuse(queued, frozenset(), 0)
    assert queue.happened("class-changed", 0)


def test_the_back_off_grows_from_nothing_to_ten_seconds() -> None:
    queue = make_queue("a")
    now_s, delays = 0.0, []
    for _ in range(9):
        refuse_one(queue, now_s)
        queue.happened("node-added", now_s)
        due_s = queue.next_due_s() or now_s
        delays.append(due_s - now_s)
        now_s = due_s
        queue.advance(now_s)
    for delay_s, least_s in zip(delays, [0, 0, 0, 1, 2, 4, 8, 10, 10], strict=True):
        assert least_s <= delay_s <= least_s * 1.1


def test_a_failed_pod_backs_off_from_the_first_time() -> None:
    queue = make_queue("a")
    queued = queue.pop()
    assert queued is not None
    queue.fail(queued, 0)
    queue.advance(0.9)
    assert pop_names(queue) == []
    queue.advance(1.2)
    assert pop_names(queue) == ["a"]


def test_after_five_minutes_a_refused_pod_is_looked_at_anyway() -> None:
    queue = make_queue("a")
    refuse_one(queue, 0)
    assert queue.next_due_s() == 300
    queue.advance(299)
    assert pop_names(queue) == []
    queue.advance(300)
    assert pop_names(queue) == ["a"]


def test_an_empty_queue_needs_no_timer() -> None:
    assert make_queue("a").next_due_s() is None


def test_a_status_change_does_not_end_the_waiting() -> None:
    queue = make_queue("a")
    refuse_one(queue, 0)
    newer = pod_info(make_pod("a", version=2))
    queue.refresh(newer)
    assert pop_names(queue) == []
    queue.happened("node-added", 0)
    queued = queue.pop()
    assert queued is not None
    assert queued.info is newer

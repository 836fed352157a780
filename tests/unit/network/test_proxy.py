from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from wherry.api.core.service import SERVICES, Service, ServicePort, ServiceSpec
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES, Endpoint, EndpointSlice
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.client import Client
from wherry.client.informer import Informer, SharedInformers
from wherry.client.transport import InProcess
from wherry.kit.clock import FakeClock, settle
from wherry.kit.http.types import Request, Response
from wherry.kit.tasks import TaskScope
from wherry.network.proxy import ServiceProxy
from wherry.network.served import ServedAddresses
from wherry.network.services.nftables import NftablesError
from wherry.network.services.rules import RuleSet


class Recorder:
    def __init__(self) -> None:
        self.applied: list[RuleSet] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fail = False

    async def apply(self, rules: RuleSet) -> bool:
        await self.gate.wait()
        if self.fail:
            raise NftablesError("no")
        self.applied.append(rules)
        return True

    async def remove(self) -> None:
        self.applied.clear()


async def no_server(request: Request) -> Response:
    raise AssertionError("informers are fed by hand")


def service(name: str, number: int) -> Service:
    return Service(
        metadata=ObjectMeta(name=name, namespace="default", uid=name, resource_version=str(number)),
        spec=ServiceSpec(cluster_ip=f"10.96.0.{number}", ports=(ServicePort(port=80),)),
    )


def serving(ip: str, number: int) -> EndpointSlice:
    return EndpointSlice(
        metadata=ObjectMeta(
            name="web-1",
            namespace="default",
            uid="slice",
            resource_version=str(number),
            labels={"kubernetes.io/service-name": "web"},
        ),
        address_type="IPv4",
        endpoints=(Endpoint(addresses=(ip,)),),
    )


class Stage:
    def __init__(self, clock: FakeClock) -> None:
        informers = SharedInformers(Client(InProcess(no_server, user="test")), clock)
        self.services: Informer[Service] = informers.informer(SERVICES)
        self.slices = informers.informer(ENDPOINT_SLICES)
        self.table = Recorder()
        self.served = ServedAddresses()
        self.proxy = ServiceProxy(informers, clock, self.table, served=self.served, random=Random(1))

    def sync(self) -> None:
        self.services.replace([], "1")
        self.slices.replace([], "1")


@pytest.fixture
async def stage(clock: FakeClock) -> AsyncIterator[Stage]:
    stage = Stage(clock)
    async with TaskScope("test") as scope:
        _ = scope.start("proxy", stage.proxy.run())
        await settle()
        yield stage


async def test_nothing_is_written_before_both_lists_are_there(stage: Stage) -> None:
    stage.services.replace([], "1")
    await settle()
    assert stage.table.applied == []
    stage.slices.replace([], "1")
    await settle()
    assert len(stage.table.applied) == 1
    assert stage.proxy.ready.is_set()


async def test_changes_while_rules_are_being_written_go_together(stage: Stage) -> None:
    stage.sync()
    await settle()
    stage.table.gate.clear()
    for number in range(2, 7):
        stage.services.change(service(f"s{number}", number), str(number))
        await settle()
    stage.table.gate.set()
    await settle()
    assert [len(rules.ports) for rules in stage.table.applied] == [0, 1, 5]


async def test_a_failure_is_tried_again_after_a_while(stage: Stage, clock: FakeClock) -> None:
    stage.table.fail = True
    stage.sync()
    await settle()
    assert not stage.proxy.ready.is_set()
    stage.table.fail = False
    await clock.advance(1)
    assert stage.proxy.ready.is_set()


async def test_who_waits_for_a_withdrawal_hears_of_it_only_after_the_kernel(stage: Stage, clock: FakeClock) -> None:
    stage.sync()
    stage.slices.change(serving("10.244.0.2", 2), "2")
    await settle()
    assert not await stage.served.until_withdrawn("10.244.0.2", timeout_s=0)
    stage.table.gate.clear()
    stage.slices.change(serving("10.244.0.3", 3), "3")
    await settle()
    assert not await stage.served.until_withdrawn("10.244.0.2", timeout_s=0)
    stage.table.gate.set()
    await settle()
    assert await stage.served.until_withdrawn("10.244.0.2", timeout_s=0)

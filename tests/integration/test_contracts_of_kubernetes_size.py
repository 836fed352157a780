"""Big documents, with parts that contain themselves: the API's own description is read and compared in no time."""

from __future__ import annotations

import copy
import json
import time

from suites.api_harness import make_api
from wherry.apimachinery.document import Document
from wherry.method.contracts.api import read_api
from wherry.method.contracts.changes import compare
from wherry.method.contracts.fit import fit
from wherry.method.contracts.needs import need_of_api
from wherry.method.contracts.reading import Text

# Measured: 1.2 s for all of it on two busy cores; without passing by what is known it took minutes.
ENOUGH_S = 20


async def test_a_document_of_a_megabyte_is_compared_with_its_next_version() -> None:
    document: Document = await (await make_api()).must("GET", "/openapi/v3/api/v1")
    changed = json.loads(json.dumps(copy.deepcopy(document)))
    pod = changed["components"]["schemas"]["io.k8s.api.core.v1.Container"]
    pod["required"].append("image")
    start_s = time.monotonic()
    before, after = read_api(Text("old", document)), read_api(Text("new", changed))
    assert compare(before, before) == ()
    rules = {finding.rule for finding in compare(before, after)}
    assert rules == {"request-field-became-required", "response-field-became-certain"}
    need = need_of_api(before, Text("api.json", document), consumer="web")
    told = fit(need, after)
    assert told
    assert all("insists on" in reason.sentence and "image" in reason.field for reason in told)
    assert time.monotonic() - start_s < ENOUGH_S

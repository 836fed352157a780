from __future__ import annotations

from pathlib import Path

import pytest

from wherry.method.contracts.api import read_api
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import BrokenDocument, read_file, read_text

HEAD = "openapi: 3.1.0\ninfo: {title: Orders, version: '1'}\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [1", r"orders.yaml, line \d, column \d+: this is not YAML"),
        ("- a", "not a mapping at its top"),
        ("a: 1\na: 2", 'line 2: the key "a" stands here twice'),
        ("a: &x [*x]", "contains itself"),
        ("swagger: '2.0'", "swagger 2.0 is not read here"),
        (HEAD, "paths: is missing"),
        (HEAD + "paths:\n  orders: {}", "line 4: paths.orders: a path begins with a slash"),
        (HEAD + "paths:\n  /o:\n    get: {}", "line 5: paths./o.get.responses: an operation must say"),
        (HEAD + "paths:\n  /o:\n    get:\n      responses: {'2000': {}}", "line 6: .*2000 is no status"),
        (HEAD + "paths: {/o: {get: {parameters: [{name: a, in: boby}], responses: {'200': {}}}}}", "boby is no place"),
        (HEAD + "paths: {}\ncomponents: {schemas: {A: {type: text}}}", '"text" is no type'),
        (HEAD + "paths: {}\ncomponents: {schemas: {A: {required: true}}}", "required: must be a list of names"),
        (HEAD + "paths: {}\ncomponents: {schemas: {A: {$ref: '#/components/schemas/B'}}}", "leads to nothing"),
        (HEAD + "paths: {}\ncomponents: {schemas: {A: {$ref: 'b.yaml#/B'}}}", "is in another file"),
        (HEAD + "paths: {}\ncomponents: {schemas: {A: {$ref: '#/components/schemas/A'}}}", "leads back to itself"),
        (HEAD + "paths: {}\ncomponents: {schemas: {A: {properties: {b: {minimum: low}}}}}", '"low" is no number'),
    ],
)
def test_a_broken_document_is_told_its_line_what_is_wrong_and_the_way_out(text: str, complaint: str) -> None:
    with pytest.raises(BrokenDocument, match=complaint) as caught:
        read_api(read_text(text, "orders.yaml"))
    assert caught.value.message.startswith("orders.yaml")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"a": 1,}', "line 1, column 9: this is not JSON"),
        ('{"a": 1}', "neither a Pact file nor an OpenAPI document"),
        ('{"consumer": {"name": "web"}, "interactions": [{}]}', "provider.name: the provider has no name"),
        ('{"consumer": {}, "provider": {"name": "o"}, "interactions": [{}]}', "the consumer has no name"),
        ('{"consumer": {"name": "w"}, "provider": {"name": "o"}, "interactions": []}', "there are none"),
        ('{"consumer": {"name": "w"}, "provider": {"name": "o"}, "interactions": [{}]}', "interactions.0.request"),
        (
            '{"consumer": {"name": "w"}, "provider": {"name": "o"}, "interactions": [{"request": {"path": "/"},'
            ' "response": {"body": {"a": 1}, "matchingRules": {"body": {"$.a": {"match": "magic"}}}}}]}',
            'the matcher "magic" is not read here',
        ),
    ],
)
def test_a_broken_need_says_so_too(text: str, complaint: str) -> None:
    with pytest.raises(BrokenDocument, match=complaint):
        read_need(read_text(text, "needs/orders.json"), consumer="web")


def test_words_that_only_look_like_booleans_dates_and_numbers_stay_text() -> None:
    data = read_text("a: no\nb: 2020-01-01\nc: 12:30\nd: true\n200: 1.5", "x.yaml").data
    assert data == {"a": "no", "b": "2020-01-01", "c": "12:30", "d": True, "200": 1.5}


def test_a_digest_does_not_depend_on_how_a_document_is_written_down() -> None:
    one = read_api(read_text(HEAD + "paths: {}", "a.yaml"))
    other = read_api(
        read_text('{"paths": {}, "info": {"version": "1", "title": "Orders"}, "openapi": "3.1.0"}', "b.json")
    )
    changed = read_api(read_text(HEAD.replace("'1'", "'2'") + "paths: {}", "a.yaml"))
    assert one.digest == other.digest != changed.digest


def test_a_file_that_is_not_there_or_not_text_is_a_complaint(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BrokenDocument, match="not UTF-8"):
        read_file(tmp_path / "binary.yaml")
    with pytest.raises(BrokenDocument, match="cannot be read"):
        read_file(tmp_path / "none.yaml")

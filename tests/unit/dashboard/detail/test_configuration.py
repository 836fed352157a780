from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.dashboard.detail.configuration import Setting, Sources, settings


def setting(entry: Document, sources: Sources | None = None, *, key: str = "env") -> Setting:
    (found,) = settings({"containers": [{"name": "c", key: [entry]}]}, sources or Sources())
    return found


def reference(kind: str, **more: object) -> Document:
    return {"name": "X", "valueFrom": {f"{kind}KeyRef": {"name": "one", "key": "k", **more}}}


def test_a_value_is_shown_where_it_is_written() -> None:
    assert setting({"name": "COLOR", "value": "blue"}) == Setting("c", "COLOR", "blue", "the workload")


def test_what_looks_like_a_secret_is_hidden_even_when_it_is_written_openly() -> None:
    found = setting({"name": "DB_PASSWORD", "value": "hunter2"})
    assert found.is_hidden
    assert "hunter2" not in repr(found)


def test_a_value_of_a_secret_is_never_read_out() -> None:
    found = setting(reference("secret"), Sources(secrets={"one": frozenset(("k",))}))
    assert (found.value, found.is_hidden, found.is_missing) == ("hidden", True, False)


def test_a_value_of_a_config_map_is_shown() -> None:
    assert setting(reference("configMap"), Sources(config_maps={"one": {"k": "v"}})).value == "v"


def test_what_is_not_there_is_missing_unless_it_may_be() -> None:
    for sources in (Sources(config_maps={"one": {}}), Sources(config_maps={"one": None})):
        assert setting(reference("configMap"), sources).is_missing
        assert not setting(reference("configMap", optional=True), sources).is_missing
    assert setting(reference("secret"), Sources(secrets={"one": None})).is_missing


def test_what_somebody_may_not_read_is_not_called_missing() -> None:
    found = setting(reference("configMap"))
    assert (found.value, found.is_missing) == ("you may not read it", False)


def test_all_keys_of_a_config_map_or_a_secret_become_settings_with_their_prefix() -> None:
    sources = Sources({"one": {"a": "1", "b": "2"}}, {"two": frozenset(("c",))})
    spec: Document = {
        "containers": [
            {
                "name": "c",
                "envFrom": [{"configMapRef": {"name": "one"}, "prefix": "P_"}, {"secretRef": {"name": "two"}}],
            }
        ]
    }
    assert [(one.name, one.value) for one in settings(spec, sources)] == [
        ("P_a", "1"), ("P_b", "2"), ("c", "hidden"),
    ]  # fmt: skip
